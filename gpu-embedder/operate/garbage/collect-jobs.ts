import { findJobs, hasEnded, listJobs, type Job } from '../../../src/jobs/rows/jobs.ts';
import { jobsWithLedger, removeLedger } from '../../../src/jobs/rows/remove-ledger.ts';
import type { ObjectEntry } from '../../../src/objects/object-store.ts';
import { keepReport } from '../../../src/jobs/report/keep-report.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { isReportKey, jobOf, jobsPrefix } from '../../../src/version/keys.ts';
import { deleteAll, groupBy, isOld, sizeOf, type Garbage } from './collect-garbage.ts';

export interface JobOptions {
  readonly collection: string;
  /** How many of the last ended jobs of the collection keep their ledgers. */
  readonly keep: number;
  /** Jobs that built a version which stays: they keep their ledgers as well. */
  readonly needed: ReadonlySet<string>;
  /** How long the pages of a job stay after its end. */
  readonly graceMs: number;
  /** Whether the objects of jobs that the catalogue does not know are removed. */
  readonly orphans: boolean;
  readonly dryRun?: boolean;
  /** Milliseconds. */
  readonly now: number;
}

/**
 * Remove what jobs left: the pages of jobs that have ended, the older ledgers of a collection and, if
 * `orphans` says so, all objects of jobs that the catalogue does not know. Reports stay.
 */
export async function collectJobs(stores: Stores, options: JobOptions): Promise<Garbage[]> {
  return [...(await collectPages(stores, options)), ...(await collectLedgers(stores, options))];
}

async function collectPages(
  { catalogue, objects }: Stores,
  { graceMs, orphans, dryRun, now }: JobOptions,
): Promise<Garbage[]> {
  const ofJobs = groupBy(await objects.list(jobsPrefix), ({ key }) => jobOf(key));
  const jobs = await findJobs(catalogue, [...ofJobs.keys()]);
  const removed: Garbage[] = [];
  for (const [id, entries] of ofJobs) {
    const job = jobs.get(id);
    const garbage = job
      ? pagesOf(job, entries, now - graceMs)
      : orphans && entries.every((entry) => isOld(entry, now)) && entries;
    if (!garbage || garbage.length === 0) continue;
    if (!dryRun) await deleteAll(objects, garbage);
    const why = job ? 'pages of a job that has ended' : 'the catalogue does not know this job';
    removed.push({ what: `${jobsPrefix}${id}`, why, ...sizeOf(garbage) });
  }
  return removed;
}

/** List the objects of a job that ended before a time, without its reports, which are its history. */
function pagesOf({ state, endedAt }: Job, entries: readonly ObjectEntry[], before: number) {
  if (!hasEnded(state) || endedAt === null || endedAt > before) return [];
  return entries.filter(({ key }) => !isReportKey(key));
}

async function collectLedgers(
  stores: Stores,
  { collection, keep, needed, dryRun }: JobOptions,
): Promise<Garbage[]> {
  const { catalogue } = stores;
  const ended = (await allJobs(stores, collection)).filter(({ state }) => hasEnded(state));
  const rest = ended.slice(keep).filter(({ id }) => !needed.has(id));
  const withLedger = await jobsWithLedger(
    catalogue,
    rest.map(({ id }) => id),
  );
  const removed: Garbage[] = [];
  for (const job of rest) {
    if (!withLedger.has(job.id)) continue;
    if (!dryRun) {
      // If the end of the job was interrupted, it has no report, and a report needs the ledger.
      await keepReport(stores, job);
      await removeLedger(catalogue, job.id);
    }
    const why = `older than the last ${keep} jobs, and no version is from it`;
    removed.push({ what: `ledger of job ${job.id}`, why, objects: 0, bytes: 0 });
  }
  return removed;
}

/** List all jobs of a collection, newest first. */
async function allJobs({ catalogue }: Stores, collection: string): Promise<Job[]> {
  const jobs: Job[] = [];
  for (;;) {
    const page = await listJobs(catalogue, collection, { before: jobs.at(-1)?.id, limit: 500 });
    jobs.push(...page);
    if (page.length < 500) return jobs;
  }
}
