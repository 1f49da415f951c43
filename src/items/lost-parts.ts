import type { ObjectStore } from '../objects/object-store.ts';
import { embeddingPackKey, imagePackKey } from '../version/keys.ts';
import type { EmbeddingRow, ImageRow } from '../catalogue/schema/tables.ts';

/** A part of a pack: the key of the pack, and how many bytes it must have at least. */
export interface PackPart {
  readonly key: string;
  readonly end: number;
}

/** How many packs are asked for at a time: a worker may hold six connections. */
const askedAtOnce = 6;

/**
 * Find which rows of the catalogue name bytes that the store does not have, as after a bucket was
 * restored to an older state. The store is asked once for each pack, and no pack is read.
 */
export async function lostParts<Row>(
  { head }: Pick<ObjectStore, 'head'>,
  rows: readonly Row[],
  partOf: (row: Row) => PackPart,
): Promise<Set<Row>> {
  const waiting = [...new Set(rows.map((row) => partOf(row).key))];
  const sizes = new Map<string, number>();
  const ask = async () => {
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      sizes.set(key, (await head(key))?.size ?? -1);
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, ask));
  return new Set(
    rows.filter((row) => {
      const { key, end } = partOf(row);
      return sizes.get(key)! < end;
    }),
  );
}

type ImagePart = Pick<ImageRow, 'pack' | 'byteOffset' | 'byteLength'>;

export function imagePart({ pack, byteOffset, byteLength }: ImagePart): PackPart {
  return { key: imagePackKey(pack), end: byteOffset + byteLength };
}

/** Say why an image is lost, and what to do. */
export function lostFrom(place: ImagePart): string {
  const { key, end } = imagePart(place);
  return `expected its image in ${key}, ${end} bytes at least, which the store does not have: ingest it again`;
}

/** What becomes of an item, or of an image of a job, whose bytes the store does not have. */
export function imageMissing(reason: string) {
  return { state: 'failed' as const, code: 'image_missing', reason };
}

/** The part of an embedding. The catalogue does not know its length, which is a float at least. */
export function embeddingPart(
  modelHash: string,
  { pack, rowIndex }: Pick<EmbeddingRow, 'pack' | 'rowIndex'>,
): PackPart {
  return { key: embeddingPackKey(modelHash, pack), end: 4 * (rowIndex + 1) };
}
