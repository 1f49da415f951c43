import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';

/**
 * Find which of some packs are still named by a row of the catalogue.
 *
 * @param modelHash - the model whose embeddings the packs hold, or undefined for packs of images
 */
export async function namedPacks(
  catalogue: Catalogue,
  modelHash: string | undefined,
  packs: readonly string[],
): Promise<Set<string>> {
  const { db } = catalogue;
  const named = new Set<string>();
  for (const part of chunks(packs)) {
    const isOne = among(catalogue, 'pack', part);
    const images = db.selectFrom('images').select('pack').distinct().where(isOne);
    const embeddings = db.selectFrom('embeddings').select('pack').distinct().where(isOne);
    const rows = await (modelHash === undefined
      ? images.execute()
      : embeddings.where('modelHash', '=', modelHash).execute());
    for (const { pack } of rows) named.add(pack);
  }
  return named;
}
