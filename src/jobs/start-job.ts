import type { Catalogue } from '../catalogue/catalogue.ts';
import type { CompareOptions } from './rows/job-details.ts';
import { activeJob, createJob, type Job } from './rows/jobs.ts';
import { requireCollection } from '../catalogue/require-collection.ts';
import type { Embedder } from '../embedder/embedder.ts';
import { DiptychError } from '../errors.ts';
import type { BuildOptions } from './build-options.ts';
import { jobOptions } from './job-options.ts';
import type { JobQueue } from './job-queue.ts';
import { stepOf } from './next-step.ts';

/** What starting a job needs. */
export interface JobStarter {
  readonly catalogue: Catalogue;
  /** The job encodes with the model of this embedder. */
  readonly embedder: Pick<Embedder, 'describe'>;
}

export interface JobRequest extends CompareOptions {
  readonly collection: string;
  /** Options of the index. */
  readonly index: BuildOptions;
}

/**
 * Start a job of a collection and send its first step.
 *
 * @throws DiptychError unknown_collection, invalid_option; job_busy with the id of the job that is
 *   already running for the collection
 */
export async function startJob(
  starter: JobStarter & Pick<JobQueue, 'send'>,
  request: JobRequest,
): Promise<Job> {
  const { job, refusedBy } = await create(starter, request);
  if (!job) {
    const { collection } = request;
    throw busy(refusedBy, `collection ${collection} is being indexed by job ${refusedBy}`);
  }
  await starter.send([stepOf(job)]);
  return job;
}

/**
 * Start a job of a collection, or join the job that is already running for it.
 *
 * @throws DiptychError unknown_collection, invalid_option, model_mismatch; job_busy if the running job
 *   was started with another condition or other sets, because it would use those
 */
export async function startOrJoinJob(starter: JobStarter, request: JobRequest): Promise<Job> {
  const { job, refusedBy, modelHash } = await create(starter, request);
  if (job) return job;
  const { collection } = request;
  const active = await activeJob(starter.catalogue, collection);
  if (!active) {
    throw busy(refusedBy, `collection ${collection}: job ${refusedBy} has just ended, try again`);
  }
  refuseOther(active, request);
  if (active.modelHash === modelHash) return active;
  throw new DiptychError(
    'model_mismatch',
    `job ${active.id} of collection ${collection}: expected its model ${active.modelHash}, got ${modelHash}`,
  );
}

async function create({ catalogue, embedder }: JobStarter, request: JobRequest) {
  const { collection, index, ...compare } = request;
  await requireCollection(catalogue, collection);
  const options = jobOptions(index, compare);
  const { hash: modelHash } = await embedder.describe();
  return { ...(await createJob(catalogue, { collection, modelHash, options })), modelHash };
}

function refuseOther({ id, collection, options }: Job, { switchIf, heldOut }: JobRequest): void {
  if (switchIf === undefined && heldOut === undefined) return;
  const known = options.compare ?? {};
  const isSame =
    known.switchIf === switchIf && JSON.stringify(known.heldOut) === JSON.stringify(heldOut);
  if (isSame) return;
  throw busy(
    id,
    `collection ${collection} is being indexed by job ${id}, which was started with another switchIf or heldOut: leave out these options to finish it, or cancel it`,
  );
}

function busy(job: string, message: string): DiptychError {
  return new DiptychError('job_busy', message, { job });
}
