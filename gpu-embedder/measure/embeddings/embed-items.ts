import pMap from 'p-map';
import { flawOfRow } from '../../../src/embedder/flaw-of-row.ts';
import { DiptychError } from '../../../src/errors.ts';
import type { Item } from '../../data/prepared/prepared.ts';
import {
  checkDatasetFiles,
  openPixels,
  readImageBytes,
  type Pixels,
  type PreparedDataset,
} from '../../data/prepared/read-dataset.ts';
import { decodeForModel } from '../../common/images/decode-for-model.ts';
import type { EmbeddingModel } from '../../embed/load-model.ts';
import { preparedRgb, takesPreparedPixels } from '../../data/prepared/prepared-rgb.ts';

type ImageEmbedder = Pick<EmbeddingModel, 'embedDim' | 'imageRule' | 'embedPixels'>;

const batchSize = 64;

/** Originals held in memory and decoded concurrently. */
const decodedAtOnce = 8;

/** @returns RGB8 [items.length, imageSize, imageSize, 3] */
type ReadBatch = (items: readonly number[]) => Promise<Uint8Array>;

/**
 * Embed some images of a data set; a batch is read and decoded while the one before is embedded.
 *
 * @param items - ordinals
 * @param onProgress - called with the number of embedded images
 * @returns [items.length, embedDim], L2-normalised
 * @throws DiptychError `unreadable_image` or `no_embedding`, with the item
 */
export async function embedItems(
  model: ImageEmbedder,
  dataset: PreparedDataset,
  items: readonly number[],
  onProgress: (done: number) => void = () => {},
): Promise<Float32Array> {
  const embeddings = new Float32Array(items.length * model.embedDim);
  const isPrepared = takesPreparedPixels(model, dataset);
  await checkDatasetFiles(dataset, [isPrepared ? 'pixels.bin' : 'originals.bin']);
  const pixels = openPixels(dataset);
  const read = isPrepared ? preparedReader(pixels) : originalReader(dataset, model);
  const readFrom = (first: number) => {
    const batch = read(items.slice(first, first + batchSize));
    // The await below reports a failure; this only prevents an unhandled rejection until then.
    batch.catch(() => {});
    return batch;
  };
  try {
    let next = readFrom(0);
    for (let first = 0; first < items.length; first += batchSize) {
      const batch = await next;
      next = readFrom(first + batchSize);
      const rows = await model.embedPixels(batch);
      checkRows(rows, model.embedDim, (row) => dataset.items[items[first + row]].id);
      embeddings.set(rows, first * model.embedDim);
      onProgress(Math.min(first + batchSize, items.length));
    }
  } finally {
    pixels.close();
  }
  return embeddings;
}

/** A score of what has no direction would mean nothing. */
function checkRows(rows: Float32Array, dim: number, nameOf: (row: number) => string): void {
  for (let row = 0; row * dim < rows.length; row++) {
    const flaw = flawOfRow(rows.subarray(row * dim, (row + 1) * dim));
    if (flaw === null) continue;
    throw new DiptychError('no_embedding', `${nameOf(row)}: the model answered ${flaw}`);
  }
}

function preparedReader(pixels: Pixels): ReadBatch {
  return (items) =>
    Promise.resolve(Buffer.concat(items.map((ordinal) => preparedRgb(pixels.read(ordinal)))));
}

function originalReader(dataset: PreparedDataset, { imageRule }: ImageEmbedder): ReadBatch {
  const decode = async (item: Item): Promise<Uint8Array> => {
    try {
      return await decodeForModel(await readImageBytes(dataset, item), imageRule);
    } catch (cause) {
      const problem = `${item.id}: ${(cause as Error).message}; prepare ${dataset.dir} again`;
      throw new DiptychError('unreadable_image', problem, undefined, { cause });
    }
  };
  return async (items) =>
    Buffer.concat(
      await pMap(items, (ordinal) => decode(dataset.items[ordinal]), {
        concurrency: decodedAtOnce,
      }),
    );
}
