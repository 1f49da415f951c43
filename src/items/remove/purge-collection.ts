import {
  collectionPrefix,
  embeddingPackKey,
  imagePackKey,
  isItemsKey,
} from '../../version/keys.ts';
import { sha256 } from '../../version/sha256.ts';
import { readItemTable } from '../../version/tables/item-table.ts';
import { among } from '../../catalogue/among.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { purgeDeleted } from '../delete-items.ts';
import { embedDimOf } from '../embed-dim-of.ts';
import { embeddedModels, findEmbeddings, removeEmbeddings, rowsOfPack } from '../embeddings.ts';
import { hashesInUse } from '../hashes-in-use.ts';
import { findImages, imagesOfPack } from '../images.ts';
import { imagePart, lostParts } from '../lost-parts.ts';
import { repackImages } from '../ingest/repack-images.ts';
import { insertRows } from '../../catalogue/insert-rows.ts';
import { listActiveJobs } from '../../jobs/rows/jobs.ts';
import { embeddingKinds, type EmbeddingKind } from '../../catalogue/schema/tables.ts';
import { DiptychError } from '../../errors.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import { deletedIds, writeDeleted } from './deleted-overlay.ts';
import type { Stores } from '../../catalogue/stores.ts';

export interface PurgeResult {
  readonly collection: string;
  /** Deleted items that are gone from the catalogue. */
  readonly items: number;
  /** Images and embeddings of these items that nothing else used. */
  readonly images: number;
  readonly embeddings: number;
  /** Packs that were removed, or written again without these images and embeddings. */
  readonly packs: number;
  /** Deleted items that stay hidden in the catalogue because a version still contains them. */
  readonly kept: number;
}

/**
 * Remove deleted items from the catalogue for good, and their images, captions and embeddings from the
 * store: packs are written again without them. A deleted item that a stored version still contains
 * stays hidden instead, because a rollback to that version would show it. To purge such items too,
 * collect old versions first.
 *
 * @throws DiptychError job_busy - an active job may need the images and embeddings of its plan
 */
export async function purgeCollection(stores: Stores, collection: string): Promise<PurgeResult> {
  const { catalogue, objects } = stores;
  const before = catalogue.now() + 1;
  const [busy] = await listActiveJobs(catalogue);
  if (busy) {
    throw new DiptychError(
      'job_busy',
      `job ${busy.id} of collection ${busy.collection} is still running: purge after it has ended`,
      { job: busy.id },
    );
  }
  const published = await publishedIds(objects, collection);
  const deleted = await deletedIds(catalogue, collection);
  const ids = deleted.filter((id) => !published.has(id));
  const counts = { items: 0, images: 0, embeddings: 0, packs: 0 };
  for (let at = 0; at < ids.length; at += itemsAtOnce) {
    const part = ids.slice(at, at + itemsAtOnce);
    const purged = await purgeDeleted(catalogue, collection, { before, ids: part });
    counts.items += purged.ids.length;
    const images = await unused(catalogue, 'image', purged.imageHashes);
    const texts = await unused(catalogue, 'text', purged.textHashes);
    counts.packs += await dropImages(stores, images);
    const dropped = {
      image: await dropEmbeddings(stores, 'image', images),
      text: await dropEmbeddings(stores, 'text', texts),
    };
    counts.images += images.length;
    counts.embeddings += dropped.image.rows + dropped.text.rows;
    counts.packs += dropped.image.packs + dropped.text.packs;
  }
  await writeDeleted(stores, collection);
  return { collection, ...counts, kept: deleted.length - counts.items };
}

const itemsAtOnce = 1000;

async function unused(
  catalogue: Catalogue,
  kind: EmbeddingKind,
  hashes: readonly string[],
): Promise<string[]> {
  const used = await hashesInUse(catalogue, kind, hashes);
  return hashes.filter((hash) => !used.has(hash));
}

/** Collect the ids of the items in all stored versions of a collection. */
async function publishedIds(objects: ObjectStore, collection: string): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const { key } of await objects.list(collectionPrefix(collection))) {
    if (!isItemsKey(key)) continue;
    const bytes = await objects.get(key);
    if (bytes) for (const id of readItemTable(bytes, key).ids.all()) ids.add(id);
  }
  return ids;
}

/** Remove images from the catalogue and from their packs. @returns how many packs were changed */
async function dropImages(stores: Stores, hashes: readonly string[]): Promise<number> {
  const { catalogue, objects } = stores;
  const gone = new Set(hashes);
  const places = await findImages(catalogue, hashes);
  const packs = new Set([...places.values()].map(({ pack }) => pack));
  for (const pack of packs) {
    const rows = await imagesOfPack(catalogue, pack);
    const kept = rows.filter(({ hash }) => !gone.has(hash));
    // Of a pack that the store has lost there is nothing to keep: its rows say so until `ingest` or
    // `verify --repair` mends them.
    const lost = await lostParts(objects, kept, imagePart);
    const stored = kept.filter((row) => !lost.has(row));
    await catalogue.atomically([
      ...(await repackImages(stores, stored)),
      ...deletions(
        catalogue,
        rows.filter(({ hash }) => gone.has(hash)).map(({ hash }) => hash),
      ),
    ]);
    await objects.delete(imagePackKey(pack));
  }
  return packs.size;
}

function deletions(catalogue: Catalogue, hashes: readonly string[]) {
  if (hashes.length === 0) return [];
  return [catalogue.db.deleteFrom('images').where(among(catalogue, 'hash', hashes))];
}

/** Remove embeddings of all models. @returns how many rows were removed and packs changed */
async function dropEmbeddings(
  stores: Stores,
  kind: EmbeddingKind,
  hashes: readonly string[],
): Promise<{ rows: number; packs: number }> {
  const { catalogue } = stores;
  const counts = { rows: 0, packs: 0 };
  const affected: { model: string; pack: string }[] = [];
  for (const model of await embeddedModels(catalogue)) {
    const places = [...(await findEmbeddings(catalogue, model, { [kind]: hashes }))[kind].values()];
    counts.rows += places.length;
    for (const pack of new Set(places.map((place) => place.pack))) affected.push({ model, pack });
  }
  if (counts.rows > 0) await removeEmbeddings(catalogue, kind, hashes);
  for (const { model, pack } of affected) await repackEmbeddings(stores, model, pack);
  return { ...counts, packs: affected.length };
}

/**
 * Write a pack again with only those rows that the catalogue still names. If the pack is missing or
 * damaged, or the length of a row is not known, the whole pack is removed: the next job encodes its
 * images and captions again.
 */
async function repackEmbeddings(
  { catalogue, objects }: Stores,
  model: string,
  pack: string,
): Promise<void> {
  const key = embeddingPackKey(model, pack);
  const rows = await rowsOfPack(catalogue, model, pack);
  const old = await readWhole(objects, key, pack);
  const width = 4 * (await embedDimOf(objects, model));
  if (old && width > 0 && rows.length > 0) {
    const bytes = new Uint8Array(rows.length * width);
    rows.forEach(({ rowIndex }, i) => {
      bytes.set(old.subarray(rowIndex * width, (rowIndex + 1) * width), i * width);
    });
    const next = await sha256(bytes);
    await objects.put(embeddingPackKey(model, next), bytes);
    const moved = rows.map((row, rowIndex) => ({ ...row, pack: next, rowIndex }));
    await catalogue.atomically(insertRows(catalogue, 'embeddings', moved, ['pack', 'rowIndex']));
  } else {
    for (const kind of embeddingKinds) {
      const hashes = rows.flatMap((row) => (row.kind === kind ? row.hash : []));
      await removeEmbeddings(catalogue, kind, hashes);
    }
  }
  await objects.delete(key);
}

/** Read a pack and check it: its name is its SHA-256. @returns null if it is missing or damaged */
async function readWhole(
  objects: ObjectStore,
  key: string,
  pack: string,
): Promise<Uint8Array | null> {
  const bytes = await objects.get(key);
  return bytes && (await sha256(new Uint8Array(bytes))) === pack ? bytes : null;
}
