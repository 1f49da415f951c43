import { among } from './among.ts';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';

/** Those of some packs that an image lies in. */
export async function namedImagePacks(
  catalogue: Catalogue,
  packs: readonly string[],
): Promise<Set<string>> {
  const named = new Set<string>();
  for (const part of chunks(packs)) {
    const rows = await catalogue.db
      .selectFrom('images')
      .select('pack')
      .distinct()
      .where(among(catalogue, 'pack', part))
      .execute();
    for (const { pack } of rows) named.add(pack);
  }
  return named;
}

/** Those of some packs that an embedding of a model lies in. */
export async function namedEmbeddingPacks(
  catalogue: Catalogue,
  modelHash: string,
  packs: readonly string[],
): Promise<Set<string>> {
  const named = new Set<string>();
  for (const part of chunks(packs)) {
    const rows = await catalogue.db
      .selectFrom('embeddings')
      .select('pack')
      .distinct()
      .where('modelHash', '=', modelHash)
      .where(among(catalogue, 'pack', part))
      .execute();
    for (const { pack } of rows) named.add(pack);
  }
  return named;
}
