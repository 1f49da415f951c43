import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import type { EmbeddingKind } from '../catalogue/schema/tables.ts';

/** Find which of some images or texts belong to at least one item that is not deleted. */
export async function hashesInUse(
  catalogue: Catalogue,
  kind: EmbeddingKind,
  hashes: readonly string[],
): Promise<Set<string>> {
  const used = new Set<string>();
  for (const part of chunks(hashes)) {
    for (const { hash } of await queries[kind](catalogue, part)) if (hash) used.add(hash);
  }
  return used;
}

const queries = { image: imagesOfItems, text: captionsOfItems };

function imagesOfItems(catalogue: Catalogue, hashes: readonly string[]) {
  return catalogue.db
    .selectFrom('items')
    .select('imageHash as hash')
    .distinct()
    .where(among(catalogue, 'imageHash', hashes))
    .where('deletedAt', 'is', null)
    .execute();
}

function captionsOfItems(catalogue: Catalogue, hashes: readonly string[]) {
  return catalogue.db
    .selectFrom('captions')
    .innerJoin('items', (join) =>
      join
        .onRef('items.collection', '=', 'captions.collection')
        .onRef('items.id', '=', 'captions.itemId')
        .onRef('captions.ordinal', '<', 'items.captionCount'),
    )
    .select('captions.textHash as hash')
    .distinct()
    .where(among(catalogue, 'captions.textHash', hashes))
    .where('items.deletedAt', 'is', null)
    .execute();
}
