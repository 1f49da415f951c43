import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import { insertRows } from '../catalogue/insert-rows.ts';
import type { ImageRow } from '../catalogue/schema/tables.ts';

export type NewImage = Omit<ImageRow, 'createdAt'>;

/** Find where images are, by their hash; unknown hashes are left out. */
export async function findImages(
  catalogue: Catalogue,
  hashes: readonly string[],
): Promise<Map<string, ImageRow>> {
  const found = new Map<string, ImageRow>();
  for (const part of chunks(hashes)) {
    const rows = await catalogue.db
      .selectFrom('images')
      .selectAll()
      .where(among(catalogue, 'hash', part))
      .execute();
    for (const row of rows) found.set(row.hash, row);
  }
  return found;
}

/** Note where images are. A known image moves to its new place. */
export async function placeImages(
  catalogue: Catalogue,
  images: readonly NewImage[],
): Promise<void> {
  const createdAt = catalogue.now();
  const rows = images.map((image) => ({ ...image, createdAt }));
  await catalogue.atomically(insertRows(catalogue, 'images', rows, placeColumns));
}

const placeColumns = ['pack', 'byteOffset', 'byteLength'] as const;

export async function removeImages(catalogue: Catalogue, hashes: readonly string[]): Promise<void> {
  const { db } = catalogue;
  await catalogue.atomically(
    chunks(hashes).map((part) => db.deleteFrom('images').where(among(catalogue, 'hash', part))),
  );
}

/** List the images of a pack, in the order of their bytes. */
export async function imagesOfPack({ db }: Catalogue, pack: string): Promise<ImageRow[]> {
  return db
    .selectFrom('images')
    .selectAll()
    .where('pack', '=', pack)
    .orderBy('byteOffset')
    .execute();
}
