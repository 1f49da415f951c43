import type { Catalogue } from '../../catalogue/catalogue.ts';
import { createCollection, getCollection } from '../../catalogue/collections.ts';
import { findImages, placeImages } from '../images.ts';
import { imagePart, lostParts } from '../lost-parts.ts';
import { upsertItems, type UpsertOutcome } from '../upsert-items.ts';
import { DiptychError } from '../../errors.ts';
import { parseRequest } from '../../http/parse-request.ts';
import type { ImageRow } from '../../catalogue/schema/tables.ts';
import type { NewItem } from '../item.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { imagePackKey } from '../../version/keys.ts';
import { packImages, type HashedImage } from './image-pack.ts';
import { itemInputSchema, type ItemInput } from './item-input.ts';
import { readImage, type ImageSources } from './read-image.ts';

/** The result for one item of a batch. */
export type IngestResult =
  | { readonly id: string; readonly status: UpsertOutcome }
  | {
      readonly id: string | null;
      readonly status: 'failed';
      readonly error: Pick<DiptychError, 'code' | 'message' | 'details'>;
    };

type Refusal = Extract<IngestResult, { readonly status: 'failed' }>;

export interface Ingestion {
  readonly catalogue: Catalogue;
  readonly objects: ObjectStore;
  readonly fetchImage: ImageSources['fetchImage'];
}

interface ReadItem {
  readonly input: ItemInput;
  /** Undefined if the item leaves it out, null if it shall have none. */
  readonly image: HashedImage | null | undefined;
}

/**
 * Take a batch of items into a collection: the images go into one pack, everything else into the
 * catalogue. A bad item fails alone. Sending the same items again changes nothing, and what an item
 * leaves out stays as it is. The first good item makes the collection, and so does an empty batch:
 * inputs that are all refused leave none.
 *
 * @param items - unchecked items as the client sent them, or an error in place of an item that could
 *   not be read; if several have the same id, they are applied in their order
 * @returns a result for each item, in their order
 * @throws DiptychError bad_request (the name), catalogue_unavailable, write_failed - it is not known how
 *   much of the batch was written, and the whole batch may be sent again
 */
export async function ingestItems(
  ingestion: Ingestion,
  collection: string,
  items: readonly unknown[],
): Promise<IngestResult[]> {
  const read = await Promise.all(items.map((item) => readItem(item, ingestion)));
  const good = read.filter((one): one is ReadItem => 'input' in one);
  if (good.length > 0 || items.length === 0) {
    await makeCollection(ingestion.catalogue, collection);
    await storeImages(
      ingestion,
      good.flatMap(({ image }) => image ?? []),
    );
  }
  const outcomes = await upsertItems(ingestion.catalogue, collection, good.map(toRow));
  const outcomeOf = new Map(good.map((one, i) => [one, outcomes[i]]));
  return read.map((one) =>
    'input' in one ? { id: one.input.id, status: outcomeOf.get(one)! } : one,
  );
}

async function makeCollection(catalogue: Catalogue, name: string): Promise<void> {
  if (await getCollection(catalogue, name)) return;
  await createCollection(catalogue, name);
}

/**
 * Read an item as `ingestItems` would, and write nothing.
 *
 * @returns what would be written, or why the item is refused
 */
export async function previewItem(
  item: unknown,
  sources: ImageSources,
): Promise<NewItem | Refusal> {
  const read = await readItem(item, sources);
  return 'input' in read ? toRow(read) : read;
}

async function readItem(item: unknown, sources: ImageSources): Promise<ReadItem | Refusal> {
  try {
    if (item instanceof DiptychError) throw item;
    const input = parseRequest(itemInputSchema, item, 'item');
    const { image } = input;
    const isThere = image !== undefined && image !== null;
    return { input, image: isThere ? await readImage(image, sources) : image };
  } catch (error) {
    if (error instanceof DiptychError) return refusal(item, error);
    throw error;
  }
}

function refusal(item: unknown, { code, message, details }: DiptychError): Refusal {
  const id = (item as { id?: unknown } | null)?.id;
  return {
    id: typeof id === 'string' ? id : null,
    status: 'failed',
    error: { code, message, details },
  };
}

/**
 * Write the images that the store does not have: those without a row, and those whose row names a pack
 * that is gone, as after a bucket was restored to an older state.
 *
 * The pack is written before its rows, so a row never names bytes that were not stored. What stops
 * between the two leaves a pack that no row names, which garbage collection removes after a day.
 * Garbage collection at the same time does no harm: it keeps packs that a row names, so a row that was
 * believed here stays true, and a pack that was written a moment ago is young. A purge moves rows to a
 * new pack before it deletes the old one. If the old one is missed here, the images are stored once
 * more, and whichever pack their rows name in the end is there.
 */
async function storeImages(
  { catalogue, objects }: Ingestion,
  images: readonly HashedImage[],
): Promise<void> {
  const distinct = new Map(images.map((image) => [image.hash, image]));
  const known = await findImages(catalogue, [...distinct.keys()]);
  const stored = await storedHashes(objects, [...known.values()]);
  const fresh = [...distinct.values()].filter(({ hash }) => !stored.has(hash));
  if (fresh.length === 0) return;
  const { pack, bytes, places } = await packImages(fresh);
  await objects.put(imagePackKey(pack), bytes);
  await placeImages(catalogue, places);
}

/** A worker may make a limited number of requests for one request of a client. */
const packsAsked = 8;

/**
 * Find which known images the store has. If they lie in many packs, none of them counts as stored: to
 * write them together into one pack again costs less than to ask for each pack, now and every time.
 */
async function storedHashes(
  objects: ObjectStore,
  rows: readonly ImageRow[],
): Promise<ReadonlySet<string>> {
  if (new Set(rows.map(({ pack }) => pack)).size > packsAsked) return new Set();
  const lost = await lostParts(objects, rows, imagePart);
  return new Set(rows.flatMap((row) => (lost.has(row) ? [] : row.hash)));
}

function toRow({ input, image }: ReadItem): NewItem {
  const { image: _, ...fields } = input;
  if (image === undefined) return fields;
  const { hash: imageHash = null, width = null, height = null } = image ?? {};
  return { ...fields, imageHash, width, height };
}
