import { createHash } from 'node:crypto';
import { openDatasetSource } from '../../gpu-embedder/index/source/dataset-source.ts';
import type { IndexSource } from '../../gpu-embedder/index/source/index-source.ts';
import { shownSchema } from '../../src/version/items.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { type EmbeddingPlace, type PlannedItem } from '../../src/jobs/steps/build-page.ts';
import { buildPageKey, embeddingPackKey, imagePackKey } from '../../src/version/keys.ts';

export interface PlanSizes {
  /** Numbers of items per page, images per pack and rows per pack. */
  readonly page?: number;
  readonly images?: number;
  readonly rows?: number;
}

/** Store a prepared data set with its embeddings as a job would plan it. @returns its items */
export async function storePlan(
  store: ObjectStore,
  dirs: { readonly embeddings: string; readonly data: string },
  jobId: string,
  { page = 5, images = 6, rows = 7 }: PlanSizes = {},
): Promise<PlannedItem[]> {
  const source = await openDatasetSource(dirs);
  const imagePlaces = await storeRows(store, source, source.image, rows);
  const captionPlaces = await storeRows(store, source, source.caption, rows);
  const places = await storeImages(store, source, images);
  const items = source.items.map((item, ordinal) => ({
    ...shownSchema.parse(item),
    ...{ id: item.id, tags: [...item.tags], label: 'none' },
    image: places[ordinal],
    embedding: imagePlaces[ordinal],
    captions: source.captionTexts.flatMap((caption, i) =>
      caption.items.includes(ordinal) ? [{ text: caption.text, embedding: captionPlaces[i] }] : [],
    ),
  }));
  await storePages(store, jobId, items, page);
  return items;
}

export async function storePages(
  store: ObjectStore,
  jobId: string,
  items: readonly PlannedItem[],
  size = 5,
): Promise<void> {
  for (let n = 0; n * size < items.length; n++) {
    const bytes = Buffer.from(JSON.stringify({ items: items.slice(n * size, (n + 1) * size) }));
    await store.put(buildPageKey(jobId, n), bytes);
  }
}

async function storeRows(
  store: ObjectStore,
  { model }: IndexSource,
  vectors: Float32Array,
  perPack: number,
): Promise<EmbeddingPlace[]> {
  const places: EmbeddingPlace[] = [];
  const step = perPack * model.embedDim;
  for (let at = 0; at < vectors.length; at += step) {
    const rows = vectors.slice(at, at + step);
    const bytes = new Uint8Array(rows.buffer);
    const pack = sha256(bytes);
    await store.put(embeddingPackKey(model.hash, pack), bytes);
    for (let row = 0; row < rows.length / model.embedDim; row++) places.push({ pack, row });
  }
  return places;
}

async function storeImages(
  store: ObjectStore,
  { items, readImage }: IndexSource,
  perPack: number,
): Promise<PlannedItem['image'][]> {
  const places: PlannedItem['image'][] = [];
  for (let first = 0; first < items.length; first += perPack) {
    const ordinals = items.slice(first, first + perPack).map((_, i) => first + i);
    const images = await Promise.all(ordinals.map((ordinal) => readImage(ordinal)));
    const bytes = Buffer.concat(images.map((image) => image.bytes));
    const pack = sha256(bytes);
    await store.put(imagePackKey(pack), bytes);
    let byteOffset = 0;
    for (const image of images) {
      const byteLength = image.bytes.length;
      places.push({ pack, byteOffset, byteLength, type: image.type });
      byteOffset += byteLength;
    }
  }
  return places;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
