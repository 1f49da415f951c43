import { packMatrix, packRows } from '../../gpu-embedder/learn/model/pack-weights.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { writeWeights } from '../../src/encoder/write-weights.ts';
import type { Tensor, TextTowerHeader, VitHeader } from '../../src/version/weights-format.ts';

export interface RandomTower {
  /** A weights file. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** The same numbers before they were packed; matrices by rows. */
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/**
 * Make a tower of random weights. As in real ones, some columns of the activations are outliers: one in
 * 61 gains of the layer normalisations is six times as large.
 *
 * @param isExact - take numbers that int8 holds, so that only the arithmetic loses anything
 */
export function randomTower(
  header: TextTowerHeader | VitHeader,
  seed: number,
  isExact = false,
): RandomTower {
  const random = createRandom(seed);
  const weights = new Map<string, Float32Array>();
  const tensors = new Map<string, Tensor>();
  const numbers = (length: number, deviation: number): Float32Array =>
    Float32Array.from({ length }, () => deviation * random.normal());
  const vector = (name: string, shape: readonly number[], data: Float32Array): void => {
    weights.set(name, data);
    tensors.set(name, { shape, data });
  };
  const norm = (name: string): void => {
    const gains = numbers(width, 0.2).map((value, i) => (1 + value) * (i % 61 === 3 ? 6 : 1));
    vector(`${name}.weight`, [width], gains);
    vector(`${name}.bias`, [width], numbers(width, 0.1));
  };
  const dense = (name: string, depth: number, columns: number): void => {
    const data = numbers(depth * columns, 1 / Math.sqrt(depth));
    const { shape, codes, scales } = packMatrix(data, depth, columns);
    const stored = (value: number, i: number): number => {
      const scale = scales[i % columns];
      return scale * Math.round(value / scale);
    };
    weights.set(`${name}.weight`, isExact ? data.map(stored) : data);
    tensors.set(`${name}.weight`, { shape, data: codes });
    tensors.set(`${name}.scale`, { shape: [columns], data: scales });
    vector(`${name}.bias`, [columns], numbers(columns, 0.1));
  };
  const mlp = (name: string): void => {
    dense(`${name}.fc1`, width, hidden);
    dense(`${name}.fc2`, hidden, width);
  };

  const { width, hidden, depth, embedDim } = header;
  for (let i = 0; i < depth; i++) {
    norm(`layers.${i}.ln1`);
    dense(`layers.${i}.attention.qkv`, width, 3 * width);
    dense(`layers.${i}.attention.out`, width, width);
    norm(`layers.${i}.ln2`);
    mlp(`layers.${i}.mlp`);
  }
  norm('final_ln');
  let positions: number;
  if (header.tower === 'text') {
    positions = header.contextLength;
    const table = numbers(header.vocabSize * width, 0.5);
    const { shape, codes, scales } = packRows(table, header.vocabSize, width);
    const stored = (value: number, i: number): number => {
      const scale = scales[Math.floor(i / width)];
      return scale * Math.round(value / scale);
    };
    weights.set('token_embedding.weight', isExact ? table.map(stored) : table);
    tensors.set('token_embedding.weight', { shape, data: codes });
    tensors.set('token_embedding.scale', { shape: [header.vocabSize], data: scales });
    dense('text_projection', width, embedDim);
  } else {
    const isClass = header.pooling === 'class';
    positions = Math.floor(header.imageSize / header.patch) ** 2 + (isClass ? 1 : 0);
    dense('patch_embedding', 3 * header.patch ** 2, width);
    if (header.preNorm) norm('pre_ln');
    if (isClass) {
      vector('class_embedding', [width], numbers(width, 0.5));
      dense('image_projection', width, embedDim);
    } else {
      vector('pool.query', [width], numbers(width, 1));
      dense('pool.kv', width, 2 * width);
      dense('pool.out', width, width);
      norm('pool.ln');
      mlp('pool.mlp');
    }
  }
  vector('position_embedding.weight', [positions, width], numbers(positions * width, 0.2));
  return { file: writeWeights(header, tensors), weights };
}
