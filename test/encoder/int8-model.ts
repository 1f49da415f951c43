import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFloat16 } from '../../gpu-embedder/learn/onnx/float16.ts';
import { exportImported } from '../../gpu-embedder/learn/model/import/export-imported.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { readModel } from '../../gpu-embedder/learn/onnx/model-proto.ts';

/**
 * Write a random tiny model whose matrices int8 holds, so that the edge must equal ONNX Runtime to
 * rounding, and not as well as 8 bits allow.
 */
export async function writeInt8Model(dir: string, options: { seed: number }): Promise<void> {
  const random = `${dir}-random`;
  await writeTinyModel(random, options);
  const towers = { text: 'text_model', image: 'vision_model' };
  const weights = new Map<string, Float32Array>();
  for (const [modality, file] of Object.entries(towers)) {
    const { initializers } = readModel(await readFile(join(random, `onnx/${file}.onnx`)));
    for (const [name, { shape, dtype, data }] of initializers) {
      if (dtype !== 'float16' || shape.length === 1 || name.startsWith('position')) continue;
      const values = fromFloat16(data as Uint16Array);
      weights.set(`${modality}/${name}`, onGrid(name, shape, values));
    }
  }
  await exportImported(random, dir, weights);
  await rm(random, { recursive: true });
}

function onGrid(name: string, shape: readonly number[], values: Float32Array): Float32Array {
  const columns = shape[shape.length - 1];
  if (name === 'image_projection.weight') {
    // Rows apart by powers of two, as batch normalisation leaves them.
    return values.map((value, i) => Math.sign(value) * 2 ** (-Math.floor(i / columns) % 9));
  }
  const isRowwise = shape.length === 4 || name.startsWith('token');
  const run = values.length / shape[0];
  const scaleAt = (i: number): number => (isRowwise ? Math.floor(i / run) : i % columns);
  const largest = new Float32Array(isRowwise ? shape[0] : columns);
  values.forEach((value, i) => {
    largest[scaleAt(i)] = Math.max(largest[scaleAt(i)], Math.abs(value));
  });
  return values.map((value, i) => {
    const scale = largest[scaleAt(i)] / 127;
    return scale * Math.round(value / scale);
  });
}
