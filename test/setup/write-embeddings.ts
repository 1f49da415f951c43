import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { captionsOf, openDataset, readPixels } from '../../gpu-embedder/dataset/read-dataset.ts';
import type { EmbeddingModel } from '../../gpu-embedder/encode/load-model.ts';
import { preparedRgb } from '../../gpu-embedder/encode/prepared-rgb.ts';

/** Encode a data set that fits in memory. */
export async function writeEmbeddings(
  dir: string,
  data: string,
  model: EmbeddingModel,
): Promise<void> {
  const dataset = openDataset(data);
  const captions = new Map<string, number[]>();
  for (const [i, item] of dataset.items.entries()) {
    for (const caption of captionsOf(dataset, item)) {
      captions.set(caption, [...(captions.get(caption) ?? []), i]);
    }
  }
  const { name, fingerprint } = dataset.manifest;
  const { id, hash, embedDim } = model;
  await mkdir(dir, { recursive: true });
  const write = (file: string, content: string | Uint8Array) => writeFile(join(dir, file), content);
  const bytes = (values: Float32Array) => new Uint8Array(values.buffer);
  await write('image.f32', bytes(await model.embedPixels(preparedRgb(readPixels(dataset)))));
  await write('caption.f32', bytes(await model.embedTexts([...captions.keys()])));
  const lines = [...captions].map(([text, items]) => `${JSON.stringify({ text, items })}\n`);
  await write('captions.jsonl', lines.join(''));
  await write(
    'embeddings.json',
    JSON.stringify({
      formatVersion: 1,
      model: { id, hash, embedDim },
      dataset: { name, fingerprint },
      images: { count: dataset.items.length },
      captions: { count: captions.size },
    }),
  );
}
