import type { Compilable } from 'kysely';
import { among } from '../../catalogue/among.ts';
import type { Catalogue } from '../../catalogue/catalogue.ts';
import { chunks } from '../../catalogue/chunks.ts';
import { DuplicateKeyError } from '../../catalogue/failures.ts';
import { insertRows } from '../../catalogue/insert-rows.ts';
import {
  parseJobNotes,
  parseJobOptions,
  type Compared,
  type JobNotes,
  type JobOptions,
} from './job-details.ts';
import { pageSize } from '../../catalogue/limits.ts';
import { sortableId } from '../../catalogue/sortable-id.ts';
import {
  activeJobStates,
  endedJobStates,
  type ActiveJobState,
  type EndedJobState,
  type JobRow,
  type JobState,
} from '../../catalogue/schema/tables.ts';

export interface Job extends Omit<JobRow, 'options' | 'counts' | 'cancelRequested' | 'activeKey'> {
  readonly options: JobOptions;
  /** Null in a job that is still in its first state. */
  readonly counts: JobNotes | null;
  readonly cancelRequested: boolean;
}

export type ActiveJob = Job & { readonly state: ActiveJobState };

export type CreatedJob =
  | { readonly job: ActiveJob; readonly refusedBy?: undefined }
  | { readonly refusedBy: string; readonly job?: undefined };

/** Whether a job in this state has ended. */
export function hasEnded(state: JobState): state is EndedJobState {
  return endedJobStates.some((ended) => ended === state);
}

/** Whether a job has not ended yet. */
export function isActive(job: Job): job is ActiveJob {
  return !hasEnded(job.state);
}

/**
 * Create a job in the state `planning`.
 *
 * @returns the job, or the id of the job that is already running for the collection
 */
export async function createJob(
  catalogue: Catalogue,
  request: {
    readonly collection: string;
    readonly modelHash: string;
    readonly options?: JobOptions;
  },
): Promise<CreatedJob> {
  const row = newJob(catalogue.now(), request);
  for (;;) {
    try {
      await catalogue.atomically(insertRows(catalogue, 'jobs', [row]));
      return { job: toJob(row) };
    } catch (error) {
      if (!(error instanceof DuplicateKeyError)) throw error;
    }
    const active = await activeJob(catalogue, request.collection);
    // The first try added the row, but its answer was lost.
    if (active?.id === row.id) return { job: active };
    if (active) return { refusedBy: active.id };
    // The other job has ended in the meantime: try again.
  }
}

function newJob(
  now: number,
  request: { collection: string; modelHash: string; options?: JobOptions },
): JobRow & { readonly state: 'planning' } {
  const { collection, modelHash, options = { index: {} } } = request;
  return {
    id: sortableId(now),
    collection,
    state: 'planning',
    activeKey: collection,
    modelHash,
    options: JSON.stringify(options),
    counts: null,
    planCursor: null,
    batches: 0,
    error: null,
    cancelRequested: 0,
    leaseOwner: null,
    leaseUntil: 0,
    version: null,
    createdAt: now,
    startedAt: null,
    endedAt: null,
  };
}

export async function getJob({ db }: Catalogue, id: string): Promise<Job | undefined> {
  const row = await db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirst();
  return row && toJob(row);
}

/** Find jobs by their ids; unknown ids are left out. */
export async function findJobs(
  catalogue: Catalogue,
  ids: readonly string[],
): Promise<Map<string, Job>> {
  const found = new Map<string, Job>();
  for (const part of chunks(ids)) {
    const rows = await catalogue.db
      .selectFrom('jobs')
      .selectAll()
      .where(among(catalogue, 'id', part))
      .execute();
    for (const row of rows) found.set(row.id, toJob(row));
  }
  return found;
}

/** Find the job that is running for a collection. */
export async function activeJob(
  { db }: Catalogue,
  collection: string,
): Promise<ActiveJob | undefined> {
  const row = await db
    .selectFrom('jobs')
    .selectAll()
    .where('activeKey', '=', collection)
    .executeTakeFirst();
  const job = row && toJob(row);
  return job && isActive(job) ? job : undefined;
}

/** List all jobs that have not ended, oldest first. */
export async function listActiveJobs({ db }: Catalogue): Promise<ActiveJob[]> {
  const rows = await db
    .selectFrom('jobs')
    .selectAll()
    .where('activeKey', 'is not', null)
    .orderBy('id')
    .execute();
  return rows.map(toJob).filter(isActive);
}

/**
 * List jobs of a collection, newest first.
 *
 * @param page.before - the page begins after this id, with older jobs
 */
export async function listJobs(
  { db }: Catalogue,
  collection: string,
  page: { readonly before?: string; readonly limit: number },
): Promise<Job[]> {
  const rows = await db
    .selectFrom('jobs')
    .selectAll()
    .where('collection', '=', collection)
    .$if(page.before !== undefined, (query) => query.where('id', '<', page.before!))
    .orderBy('id', 'desc')
    .limit(pageSize(page.limit))
    .execute();
  return rows.map(toJob);
}

export interface JobChange {
  readonly compared?: Compared;
  readonly error?: string;
  readonly version?: string;
  readonly batches?: number;
}

/**
 * Move a job from one state to another and note the time, if the job is in the state `from`. A job that
 * ends frees its collection.
 *
 * @returns whether this call moved it: of several calls at the same time, one gets true
 */
export async function moveJob(
  catalogue: Catalogue,
  id: string,
  from: JobState,
  to: JobState,
  { compared, ...change }: JobChange = {},
): Promise<boolean> {
  const { db } = catalogue;
  const job = await getJob(catalogue, id);
  if (job?.state !== from) return false;
  const time = catalogue.now();
  const end = hasEnded(to)
    ? { activeKey: null, leaseOwner: null, leaseUntil: 0, endedAt: time }
    : {};
  // The notes change only together with the state, so the condition on the state protects both.
  const notes: JobNotes = {
    ...job.counts,
    ...(compared && { compared }),
    entered: { ...job.counts?.entered, [to]: time },
  };
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({
      ...change,
      ...end,
      state: to,
      counts: JSON.stringify(notes),
    })
    .where('id', '=', id)
    .where('state', '=', from)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Ask a job to stop. @returns whether the job was active */
export async function requestCancel({ db }: Catalogue, id: string): Promise<boolean> {
  await db
    .updateTable('jobs')
    .set({ cancelRequested: 1 })
    .where('id', '=', id)
    .where('state', 'in', activeJobStates)
    .execute();
  const job = await db
    .selectFrom('jobs')
    .select('cancelRequested')
    .where('id', '=', id)
    .where('state', 'in', activeJobStates)
    .executeTakeFirst();
  return job?.cancelRequested === 1;
}

/** Make a statement that notes the last planned item and the number of batches. It never goes back. */
export function updatePlanCursor(
  { db }: Catalogue,
  id: string,
  planCursor: string,
  batches: number,
): Compilable {
  return db
    .updateTable('jobs')
    .set({ planCursor, batches })
    .where('id', '=', id)
    .where('state', '=', 'planning')
    .where('batches', '<', batches);
}

function toJob<State extends JobState>({
  options,
  counts,
  cancelRequested,
  ...row
}: JobRow & { readonly state: State }): Job & { readonly state: State } {
  const { activeKey: _, ...rest } = row;
  return {
    ...rest,
    options: parseJobOptions(row.id, options),
    counts: counts === null ? null : parseJobNotes(row.id, counts),
    cancelRequested: cancelRequested === 1,
  };
}
