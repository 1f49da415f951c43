import type { RawBuilder, SqlBool } from 'kysely';
import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import { embeddingKinds, type EmbeddingKind } from '../catalogue/schema/tables.ts';

/** Hashes of images and of texts. */
export type HashesByKind = Readonly<Partial<Record<EmbeddingKind, readonly string[]>>>;

/** Rows of images and of texts, by hash. */
export type ByKind<Row> = Readonly<Record<EmbeddingKind, ReadonlyMap<string, Row>>>;

/**
 * Find rows by their hashes. One statement looks for both kinds, because an image and a text never have
 * the same hash.
 *
 * @param select - reads the rows of these kinds whose hash meets the condition
 */
export async function findByKind<Row extends { kind: EmbeddingKind; hash: string }>(
  catalogue: Catalogue,
  hashes: HashesByKind,
  select: (kinds: EmbeddingKind[], condition: RawBuilder<SqlBool>) => Promise<Row[]>,
): Promise<ByKind<Row>> {
  const found = { image: new Map<string, Row>(), text: new Map<string, Row>() };
  const kinds = embeddingKinds.filter((kind) => hashes[kind]?.length);
  const all = new Set(kinds.flatMap((kind) => hashes[kind]!));
  for (const part of chunks([...all])) {
    for (const row of await select(kinds, among(catalogue, 'hash', part))) {
      found[row.kind].set(row.hash, row);
    }
  }
  return found;
}
