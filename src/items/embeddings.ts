import type { Compilable } from 'kysely';
import { among } from '../catalogue/among.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { chunks } from '../catalogue/chunks.ts';
import { findByKind, type ByKind, type HashesByKind } from './by-kind.ts';
import { insertRows } from '../catalogue/insert-rows.ts';
import { removeInParts } from '../catalogue/remove-in-parts.ts';
import {
  embeddingKinds,
  type EmbeddingKind,
  type EmbeddingRow,
} from '../catalogue/schema/tables.ts';

/** Where an embedding lies: a row of a pack. */
export type EmbeddingPlace = Omit<EmbeddingRow, 'modelHash'>;

/** Where embeddings of a model lie, by the hash of what they are of; unknown ones are left out. */
export async function findEmbeddings(
  catalogue: Catalogue,
  modelHash: string,
  hashes: HashesByKind,
): Promise<ByKind<EmbeddingPlace>> {
  return findByKind(catalogue, hashes, (kinds, condition) =>
    catalogue.db
      .selectFrom('embeddings')
      .select(['kind', 'hash', 'pack', 'rowIndex'])
      .where('modelHash', '=', modelHash)
      .where('kind', 'in', kinds)
      .where(condition)
      .execute(),
  );
}

/** Statements that say where embeddings of a model lie. One that is known stays where it was. */
export function insertEmbeddings(
  catalogue: Catalogue,
  modelHash: string,
  places: readonly EmbeddingPlace[],
): Compilable[] {
  const rows = places.map(({ kind, hash, pack, rowIndex }) => ({
    modelHash,
    kind,
    hash,
    pack,
    rowIndex,
  }));
  return insertRows(catalogue, 'embeddings', rows, 'keep');
}

/** Forget embeddings of an image or a text, of all models. */
export async function removeEmbeddings(
  catalogue: Catalogue,
  kind: EmbeddingKind,
  hashes: readonly string[],
): Promise<void> {
  const models = await embeddedModels(catalogue);
  await catalogue.atomically(
    models.flatMap((modelHash) =>
      chunks(hashes).map((part) =>
        catalogue.db
          .deleteFrom('embeddings')
          .where('modelHash', '=', modelHash)
          .where('kind', '=', kind)
          .where(among(catalogue, 'hash', part)),
      ),
    ),
  );
}

/** Forget all embeddings of a model. */
export async function removeModelEmbeddings(
  catalogue: Catalogue,
  modelHash: string,
): Promise<void> {
  const { db } = catalogue;
  await removeInParts(
    catalogue,
    (limit) =>
      db
        .selectFrom('embeddings')
        .select('hash as key')
        .where('modelHash', '=', modelHash)
        .limit(limit)
        .execute(),
    (part) =>
      db
        .deleteFrom('embeddings')
        .where('modelHash', '=', modelHash)
        .where('kind', 'in', embeddingKinds)
        .where(among(catalogue, 'hash', part)),
  );
}

/** Models that embeddings are kept of. */
export async function embeddedModels({ db }: Catalogue): Promise<string[]> {
  const rows = await db
    .selectFrom('embeddings')
    .select('modelHash')
    .distinct()
    .orderBy('modelHash')
    .execute();
  return rows.map(({ modelHash }) => modelHash);
}

/** Rows of a pack that embeddings are kept of; none, if nothing refers to the pack. */
export async function rowsOfPack(
  { db }: Catalogue,
  modelHash: string,
  pack: string,
): Promise<EmbeddingRow[]> {
  return db
    .selectFrom('embeddings')
    .selectAll()
    .where('modelHash', '=', modelHash)
    .where('pack', '=', pack)
    .orderBy('rowIndex')
    .execute();
}
