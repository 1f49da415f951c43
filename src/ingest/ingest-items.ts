import { z } from 'zod';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { addImages, findImages } from '../catalogue/images.ts';
import { upsertItems, type NewItem, type UpsertOutcome } from '../catalogue/upsert-items.ts';
import { DiptychError, type ErrorCode } from '../errors.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import { imagePackKey } from '../version/keys.ts';
import { packImages, type HashedImage } from './image-pack.ts';
import { itemInputSchema, type ItemInput } from './item-input.ts';
import { readImage, type ImageSources } from './read-image.ts';

/** What became of one item of a batch. */
export type IngestResult =
  | { readonly id: string; readonly status: UpsertOutcome }
  | {
      readonly id: string | null;
      readonly status: 'failed';
      readonly error: { readonly code: ErrorCode; readonly message: string };
    };

export interface Ingestion {
  readonly catalogue: Catalogue;
  readonly objects: ObjectStore;
  readonly fetchImage: ImageSources['fetchImage'];
}

interface ReadItem {
  readonly input: ItemInput;
  readonly image: HashedImage | null;
}

/**
 * Take a batch of items into a collection: images into one pack, the rest into the catalogue. One
 * bad item fails alone; the same items again change nothing.
 *
 * @param items - as they came, unchecked; of several with one id the last counts
 * @returns a result for each, in their order
 * @throws DiptychError unknown_collection, catalogue_unavailable, write_failed: nothing of the batch
 *   can be told then, and all of it may be sent again
 */
export async function ingestItems(
  ingestion: Ingestion,
  collection: string,
  items: readonly unknown[],
): Promise<IngestResult[]> {
  const read = await Promise.all(items.map((item) => readItem(item, ingestion)));
  const good = read.filter((one): one is ReadItem => 'input' in one);
  await storeImages(
    ingestion,
    good.flatMap(({ image }) => image ?? []),
  );
  const outcomes = await upsertItems(ingestion.catalogue, collection, good.map(toRow));
  const outcomeOf = new Map(good.map((one, i) => [one, outcomes[i]]));
  return read.map((one) =>
    'input' in one ? { id: one.input.id, status: outcomeOf.get(one)! } : one,
  );
}

async function readItem(item: unknown, ingestion: Ingestion): Promise<ReadItem | IngestResult> {
  const parsed = itemInputSchema.safeParse(item);
  if (!parsed.success) {
    const id = (item as { id?: unknown } | null)?.id;
    const message = z.prettifyError(parsed.error);
    return refusal(typeof id === 'string' ? id : null, new DiptychError('bad_request', message));
  }
  const input = parsed.data;
  try {
    return {
      input,
      image: input.image === undefined ? null : await readImage(input.image, ingestion),
    };
  } catch (error) {
    if (error instanceof DiptychError) return refusal(input.id, error);
    throw error;
  }
}

function refusal(id: string | null, { code, message }: DiptychError): IngestResult {
  return { id, status: 'failed', error: { code, message } };
}

/** Write the images that are not there yet. */
async function storeImages(
  { catalogue, objects }: Ingestion,
  images: readonly HashedImage[],
): Promise<void> {
  const distinct = new Map(images.map((image) => [image.hash, image]));
  const known = await findImages(catalogue, [...distinct.keys()]);
  const fresh = [...distinct.values()].filter(({ hash }) => !known.has(hash));
  if (fresh.length === 0) return;
  const { bytes, places } = await packImages(fresh);
  await objects.put(imagePackKey(places[0].pack), bytes);
  await addImages(catalogue, places);
}

function toRow({ input, image }: ReadItem): NewItem {
  const { id, captions, title = captions[0] ?? id, set, label, tags, metadata } = input;
  return { id, title, captions, set, label, tags, metadata, imageHash: image?.hash };
}
