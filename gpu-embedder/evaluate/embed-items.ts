import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { readImageBytes, type PreparedDataset } from '../dataset/read-dataset.ts';
import type { EmbeddingModel } from '../encode/load-model.ts';
import { preparedRgb, takesPreparedPixels } from '../encode/prepared-rgb.ts';

const batchSize = 64;

/**
 * Embed some images of a data set.
 *
 * @param items - ordinals
 * @param onProgress - called with the number that is done
 * @returns [items.length, embedDim], L2-normalised
 */
export async function embedItems(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  items: readonly number[],
  onProgress: (done: number) => void = () => {},
): Promise<Float32Array> {
  const embed = takesPreparedPixels(model, dataset) ? embedPrepared : embedOriginals;
  const embeddings = new Float32Array(items.length * model.embedDim);
  for (let first = 0; first < items.length; first += batchSize) {
    const batch = items.slice(first, first + batchSize);
    embeddings.set(await embed(model, dataset, batch), first * model.embedDim);
    onProgress(first + batch.length);
  }
  return embeddings;
}

async function embedPrepared(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  items: readonly number[],
): Promise<Float32Array> {
  const area = dataset.manifest.imageSize ** 2;
  const rgba = new Uint8Array(area * 4);
  const rgb = new Uint8Array(items.length * area * 3);
  const file = await open(join(dataset.dir, 'pixels.bin'));
  try {
    for (const [i, ordinal] of items.entries()) {
      await file.read(rgba, 0, rgba.length, ordinal * rgba.length);
      rgb.set(preparedRgb(rgba), i * area * 3);
    }
  } finally {
    await file.close();
  }
  return model.embedPixels(rgb);
}

async function embedOriginals(
  model: EmbeddingModel,
  dataset: PreparedDataset,
  items: readonly number[],
): Promise<Float32Array> {
  const bytes = items.map((ordinal) => readImageBytes(dataset, dataset.items[ordinal]));
  return model.embedImages(await Promise.all(bytes));
}
