import { among } from './among.ts';
import type { Catalogue } from './catalogue.ts';
import { chunks } from './chunks.ts';
import { insertRows } from './insert-rows.ts';
import type { EmbeddingKind, EmbeddingRow } from './tables.ts';

/** Where an embedding lies: a row of a pack. */
export type EmbeddingPlace = Pick<EmbeddingRow, 'hash' | 'pack' | 'rowIndex'>;

/** Where embeddings of a model lie, by the hash of what they are of; unknown ones are left out. */
export async function findEmbeddings(
  catalogue: Catalogue,
  modelHash: string,
  kind: EmbeddingKind,
  hashes: readonly string[],
): Promise<Map<string, EmbeddingPlace>> {
  const found = new Map<string, EmbeddingPlace>();
  for (const part of chunks(hashes)) {
    const rows = await catalogue.db
      .selectFrom('embeddings')
      .select(['hash', 'pack', 'rowIndex'])
      .where('modelHash', '=', modelHash)
      .where('kind', '=', kind)
      .where(among(catalogue, 'hash', part))
      .execute();
    for (const row of rows) found.set(row.hash, row);
  }
  return found;
}

/** Say where embeddings of a model lie. One that is known stays where it was said to be. */
export async function addEmbeddings(
  catalogue: Catalogue,
  modelHash: string,
  kind: EmbeddingKind,
  places: readonly EmbeddingPlace[],
): Promise<void> {
  const rows = places.map(({ hash, pack, rowIndex }) => ({
    modelHash,
    kind,
    hash,
    pack,
    rowIndex,
  }));
  await catalogue.atomically(insertRows(catalogue, 'embeddings', rows, 'keep'));
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

/** Forget all embeddings of a model, 10,000 at a time. */
export async function removeModelEmbeddings(
  catalogue: Catalogue,
  modelHash: string,
): Promise<void> {
  const { db } = catalogue;
  for (;;) {
    const rows = await db
      .selectFrom('embeddings')
      .select(['kind', 'hash'])
      .where('modelHash', '=', modelHash)
      .limit(10_000)
      .execute();
    if (rows.length === 0) return;
    for (const kind of ['image', 'text'] as const) {
      const hashes = rows.filter((row) => row.kind === kind).map(({ hash }) => hash);
      await catalogue.atomically(
        chunks(hashes).map((part) =>
          db
            .deleteFrom('embeddings')
            .where('modelHash', '=', modelHash)
            .where('kind', '=', kind)
            .where(among(catalogue, 'hash', part)),
        ),
      );
    }
  }
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
