import type { Compilable } from 'kysely';
import { insertRows } from '../../catalogue/insert-rows.ts';
import type { ImageRow } from '../../catalogue/schema/tables.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { readSlices } from '../../objects/read-slices.ts';
import { imagePackKey } from '../../version/keys.ts';
import { packImages } from './image-pack.ts';

/**
 * Write some images of a pack into a pack of their own.
 *
 * @returns statements that move the rows of these images to the new pack
 */
export async function repackImages(
  { catalogue, objects }: Stores,
  kept: readonly ImageRow[],
): Promise<Compilable[]> {
  if (kept.length === 0) return [];
  const bytes = await readSlices(objects, kept);
  const packed = await packImages(
    kept.map(({ hash, type }, i) => ({ hash, type, bytes: bytes[i]! })),
  );
  await objects.put(imagePackKey(packed.pack), packed.bytes);
  const createdAt = catalogue.now();
  const moved = packed.places.map((place) => ({ ...place, createdAt }));
  return insertRows(catalogue, 'images', moved, ['pack', 'byteOffset', 'byteLength']);
}
