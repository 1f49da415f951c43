import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';

/**
 * Those of some packs that something lies in.
 *
 * @param modelHash - whose embeddings the packs hold; undefined: they hold images
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
