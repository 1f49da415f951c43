import { deletedKey, embeddingPackKey, imagePackKey } from '../../../src/version/keys.ts';
import { readPointer } from '../../../src/version/move-pointer.ts';
import type { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { findEmbeddings } from '../../../src/items/embeddings.ts';
import { findImages } from '../../../src/items/images.ts';
import { listItems } from '../../../src/items/items.ts';
import { getJob, listJobs } from '../../../src/jobs/rows/jobs.ts';
import { ledgerCounts, listLedger } from '../../../src/jobs/rows/ledger.ts';
import { getVersion } from '../../../src/catalogue/versions.ts';
import { DiptychError } from '../../../src/errors.ts';
import { deletedIds, parseDeleted } from '../../../src/items/remove/deleted-overlay.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { openItems } from '../../../src/search/open/open-version.ts';
import { openStoredVersion } from '../store/open-stored-version.ts';
import { verifyVersion } from '../publish/verify-version.ts';

export interface Verification {
  readonly collection: string;
  /** How many items were checked; the numbers below count what else was. */
  readonly items: number;
  readonly images: number;
  readonly packs: number;
  readonly jobs: number;
  readonly version: string | null;
  /** What does not agree, one line each; empty if everything agrees. */
  readonly differences: readonly string[];
}

/** Rows of a page. */
const page = 256;
/** How many differences are listed at most. */
const mostDifferences = 100;

/**
 * Recount a collection. The catalogue is checked against the packs of images and against the edge's
 * list of deleted items, the ledger of each job against its own sums, and the active version against
 * its files, its ledger and its embeddings.
 */
export async function verifyCollection(stores: Stores, collection: string): Promise<Verification> {
  const differences: string[] = [];
  const differ = (what: string) => {
    if (differences.length < mostDifferences) differences.push(what);
  };
  const packs = packSizes(stores);
  const { items, images } = await checkItems(stores, collection, packs, differ);
  const jobs = await checkJobs(stores.catalogue, collection, differ);
  const version = await checkActive(stores, collection, packs, differ);
  await checkDeleted(stores, collection, differ);
  return { collection, items, images, packs: packs.seen(), jobs, version, differences };
}

type Differ = (what: string) => void;

/** Remember the sizes of packs, so that the store is asked once for each. */
function packSizes({ objects }: Stores) {
  const sizes = new Map<string, Promise<number>>();
  return {
    of(key: string): Promise<number> {
      const known = sizes.get(key) ?? objects.head(key).then((head) => head?.size ?? -1);
      sizes.set(key, known);
      return known;
    },
    seen: () => sizes.size,
  };
}
type PackSizes = ReturnType<typeof packSizes>;

async function checkItems(
  { catalogue }: Stores,
  collection: string,
  packs: PackSizes,
  differ: Differ,
): Promise<{ items: number; images: number }> {
  let [items, images] = [0, 0];
  for (let after: string | undefined; ;) {
    const found = await listItems(catalogue, { collection, after, limit: page });
    items += found.items.length;
    const hashes = found.items.flatMap(({ imageHash }) => imageHash ?? []);
    const places = await findImages(catalogue, hashes);
    for (const { id, imageHash } of found.items) {
      if (imageHash === null) continue;
      images += 1;
      const place = places.get(imageHash);
      if (!place) {
        differ(`item ${id}: its image ${imageHash} is in no pack`);
        continue;
      }
      const key = imagePackKey(place.pack);
      const size = await packs.of(key);
      const end = place.byteOffset + place.byteLength;
      if (size < 0) differ(`item ${id}: its image should be in ${key}, which is missing`);
      else if (size < end) differ(`item ${id}: expected ${end} bytes in ${key}, got ${size}`);
    }
    if (found.next === undefined) return { items, images };
    after = found.next;
  }
}

/** Check for every job that succeeded: inputs = indexed + skipped + failed. */
async function checkJobs(
  catalogue: Catalogue,
  collection: string,
  differ: Differ,
): Promise<number> {
  const jobs = await listJobs(catalogue, collection, { limit: page });
  for (const { id, state } of jobs) {
    if (state !== 'succeeded') continue;
    const { inputs, states } = await ledgerCounts(catalogue, id);
    const ended = states.reused + states.encoded + states.skipped + states.failed;
    if (inputs !== ended) differ(`job ${id}: expected ${inputs} items with a result, got ${ended}`);
  }
  return jobs.length;
}

async function checkActive(
  stores: Stores,
  collection: string,
  packs: PackSizes,
  differ: Differ,
): Promise<string | null> {
  const { catalogue, objects } = stores;
  const { pointer } = await readPointer(objects, collection);
  if (!pointer) return null;
  const { version } = pointer;
  const noteFailure = (error: unknown) => {
    if (!(error instanceof DiptychError)) throw error;
    differ(`version ${version}: ${error.message}`);
  };
  await verifyVersion(objects, collection, version).catch(noteFailure);
  const row = await getVersion(catalogue, collection, version);
  const job = row?.jobId ? await getJob(catalogue, row.jobId) : undefined;
  // `diptych publish` does not write to the catalogue, so this version may have no row or no job.
  if (!row || !job) return version;
  const items = await readItems(stores, collection, version);
  // If the items cannot be read, `verifyVersion` has said why, and the ledger has no counterpart.
  if (!items) return version;
  const ids = new Set(items.ids);
  await checkLedger(stores, job.id, job.modelHash, ids, packs, differ);
  for (const id of ids)
    differ(`version ${version}: item ${id} is not in the ledger of job ${job.id}`);
  return version;
}

async function readItems({ objects }: Stores, collection: string, version: string) {
  try {
    return await openItems(await openStoredVersion(objects, collection, version));
  } catch (error) {
    if (error instanceof DiptychError) return null;
    throw error;
  }
}

/** Remove from `ids` the items that the ledger has as indexed, and check that they have embeddings. */
async function checkLedger(
  { catalogue }: Stores,
  jobId: string,
  modelHash: string,
  ids: Set<string>,
  packs: PackSizes,
  differ: Differ,
): Promise<void> {
  for (let after: string | undefined; ;) {
    const rows = await listLedger(catalogue, jobId, {
      after,
      limit: page,
      states: ['reused', 'encoded'],
    });
    const hashes = rows.flatMap(({ imageHash }) => imageHash ?? []);
    const places = await findEmbeddings(catalogue, modelHash, { image: hashes });
    for (const { itemId, imageHash } of rows) {
      if (!ids.delete(itemId))
        differ(`job ${jobId}: item ${itemId} is indexed, but the version does not have it`);
      const place = places.image.get(imageHash ?? '');
      if (!place) differ(`job ${jobId}: item ${itemId} is indexed, but its embedding is missing`);
      else if ((await packs.of(embeddingPackKey(modelHash, place.pack))) < 0) {
        differ(`job ${jobId}: item ${itemId}: the pack ${place.pack} of its embedding is missing`);
      }
    }
    if (rows.length < page) return;
    after = rows.at(-1)!.itemId;
  }
}

async function checkDeleted(stores: Stores, collection: string, differ: Differ): Promise<void> {
  const key = deletedKey(collection);
  const bytes = await stores.objects.get(key);
  const hidden = bytes ? parseDeleted(key, new TextDecoder().decode(bytes)) : new Set<string>();
  const deleted = new Set(await deletedIds(stores.catalogue, collection));
  for (const id of deleted)
    if (!hidden.has(id)) differ(`item ${id} is deleted, but the edge shows it`);
  for (const id of hidden)
    if (!deleted.has(id)) differ(`item ${id} is hidden at the edge, but not deleted`);
}
