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

/** Where an embedding is: in a row of a pack. */
export type EmbeddingPlace = Omit<EmbeddingRow, 'modelHash'>;

/** Find where a model's embeddings are, by the hash of their image or text, without unknown hashes. */
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

/** Make statements that note where a model's embeddings are. A known embedding moves to its new place. */
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
  return insertRows(catalogue, 'embeddings', rows, ['pack', 'rowIndex']);
}

/** Remove the rows of embeddings of some images or texts, for all models. */
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

/** Remove the rows of all embeddings that are in a pack. */
export async function removeEmbeddingsOfPack(
  { db }: Catalogue,
  modelHash: string,
  pack: string,
): Promise<void> {
  await db
    .deleteFrom('embeddings')
    .where('modelHash', '=', modelHash)
    .where('pack', '=', pack)
    .execute();
}

/** Remove the rows of all embeddings of a model. */
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

/** List the models that have embeddings. */
export async function embeddedModels({ db }: Catalogue): Promise<string[]> {
  const rows = await db
    .selectFrom('embeddings')
    .select('modelHash')
    .distinct()
    .orderBy('modelHash')
    .execute();
  return rows.map(({ modelHash }) => modelHash);
}

/** List the embeddings that are in a pack, by row; there are none if nothing refers to the pack. */
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
