import { readPointer } from '../../../src/version/move-pointer.ts';
import type { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { activeJob } from '../../../src/jobs/rows/jobs.ts';
import { listVersions, removeVersions } from '../../../src/catalogue/versions.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { markActive } from '../../../src/jobs/steps/switch-version.ts';
import {
  collectGarbage,
  dayMs,
  type CollectOptions,
  type CollectResult,
} from './collect-garbage.ts';
import { collectJobs } from './collect-jobs.ts';
import { collectPacks } from './collect-packs.ts';

/**
 * Remove what neither the store nor the catalogue refers to. This does what `collectGarbage` does, but
 * keeps the versions that a job uses. It also removes packs that no row names and what ended jobs left,
 * and makes the catalogue's rows of versions agree with the store.
 *
 * @param options.orphans - false keeps the packs and jobs that the catalogue does not know, because the
 *   store may have a second catalogue; default true
 * @param options.graceMs - by default 60 minutes for versions and a day for the pages of a job
 * @throws DiptychError index_unreadable, store_failed, catalogue_unavailable
 */
export async function collectCollection(
  stores: Stores,
  options: Omit<CollectOptions, 'isHeld'> & { readonly orphans?: boolean },
): Promise<CollectResult> {
  const { catalogue, objects } = stores;
  const { collection, keep = 3, graceMs = dayMs, orphans = true, dryRun } = options;
  const { now = Date.now() } = options;
  // The rows are read before the store is listed: objects are written before their row, so the list
  // holds the objects of every row.
  const rows = await listVersions(catalogue, collection);
  // Without a pointer, the catalogue knows which version answered: `verify --repair` needs it.
  const { pointer } = await readPointer(objects, collection);
  const published = pointer ? undefined : rows.find(({ state }) => state === 'published')?.version;
  const isHeld = async (version: string) =>
    version === published || isAtWork(catalogue, collection, version);
  const { removed, kept } = await collectGarbage(objects, { ...options, keep, now, isHeld });
  const stay = new Set(kept.map(({ version }) => version));
  const gone = rows.flatMap(({ version }) => (stay.has(version) ? [] : version));
  if (!dryRun) await agree(stores, collection, gone);
  const needed = new Set(
    rows.flatMap(({ version, jobId }) => (jobId && stay.has(version) ? jobId : [])),
  );
  const ofJobs = { collection, keep, needed, graceMs, orphans, dryRun, now };
  const jobs = await collectJobs(stores, ofJobs);
  const packs = orphans ? await collectPacks(stores, { dryRun, now }) : [];
  return { collection, removed: [...removed, ...jobs, ...packs], kept };
}

/** Whether a job uses a version. A job that is building may end with any version, even an old one. */
async function isAtWork(catalogue: Catalogue, collection: string, version: string) {
  const job = await activeJob(catalogue, collection);
  if (!job) return false;
  return job.state === 'building' || [job.version, job.options.index['from']].includes(version);
}

/** Make the catalogue's rows of versions agree with the store, unless a job is working on them. */
async function agree(
  { catalogue, objects }: Stores,
  collection: string,
  gone: readonly string[],
): Promise<void> {
  if (await activeJob(catalogue, collection)) return;
  await removeVersions(catalogue, collection, gone);
  const { pointer } = await readPointer(objects, collection);
  if (pointer) await markActive(catalogue, collection, pointer.version);
}
