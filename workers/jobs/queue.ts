import type { z } from 'zod';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { addVersion } from '../../src/catalogue/versions.ts';
import type { BuildRequest, BuildStatus } from '../../src/embedder/build-request.ts';
import type { HttpEmbedder } from '../../src/embedder/http-embedder.ts';
import { isUnknownBuild } from '../../src/embedder/several-embedders.ts';
import { DiptychError } from '../../src/errors.ts';
import { switchVersion } from '../../src/jobs/steps/switch-version.ts';
import { planOptions } from '../../src/jobs/build-options.ts';
import { builtVersionSchema, type BuiltVersion } from '../../src/jobs/steps/built-version.ts';
import {
  comparisonSchema,
  type CompareRequest,
  type Comparison,
} from '../../src/metrics/comparison.ts';
import {
  handleDeadLetter,
  handleMessage,
  type JobConsumer,
} from '../../src/jobs/handle-message.ts';
import { jobMessageSchema, type JobMessage } from '../../src/jobs/job-messages.ts';
import { nudgeJobs } from '../../src/jobs/nudge-jobs.ts';
import { restarted } from '../../src/jobs/restarted.ts';
import type { Job } from '../../src/jobs/rows/jobs.ts';
import type { Env } from '../env.ts';
import { openCatalogue } from '../stores/open-catalogue.ts';
import { openEmbedder } from '../stores/open-embedder.ts';
import { costSettings, openJobs } from './open-jobs.ts';
import { r2Objects } from '../stores/r2-objects.ts';

/** A message as the runtime hands it over. */
interface QueueMessage {
  readonly body: unknown;
  readonly attempts: number;
  ack(): void;
  retry(options?: { delaySeconds?: number }): void;
}

interface MessageBatch {
  readonly queue: string;
  readonly messages: readonly QueueMessage[];
}

/** A batch that was sent this long ago counts as lost and is sent again, milliseconds. */
const lostAfterMs = 15 * 60 * 1000;

/** Handle messages of the queue of jobs and of its dead-letter queue. */
export async function consume({ queue, messages }: MessageBatch, env: Env): Promise<void> {
  const isDead = queue.endsWith('-dead');
  await Promise.all(messages.map((message) => consumeOne(env, message, isDead)));
}

async function consumeOne(env: Env, message: QueueMessage, isDead: boolean): Promise<void> {
  const parsed = jobMessageSchema.safeParse(message.body);
  if (!parsed.success) {
    console.log(JSON.stringify({ queue: 'jobs', dropped: message.body }));
    return message.ack();
  }
  try {
    const jobs = openConsumer(env);
    if (isDead) await handleDeadLetter(jobs, parsed.data);
    else {
      const seconds = await handleMessage(jobs, parsed.data, message.attempts);
      if (seconds !== undefined) return message.retry({ delaySeconds: Math.ceil(seconds) });
    }
    message.ack();
  } catch (error) {
    // The handler could not record the failure either: try the message again later.
    logFailure(parsed.data, error);
    message.retry({ delaySeconds: 30 });
  }
}

function logFailure(message: JobMessage, error: unknown): void {
  console.log(JSON.stringify({ ...message, failed: String(error) }));
}

/**
 * Look after the active jobs: send the steps again whose messages were lost.
 *
 * @param event - `cron` names the trigger. When the local runtime restarts, all messages are lost,
 *   because its queue is in memory
 */
export async function nudge({ cron }: { readonly cron: string }, env: Env): Promise<void> {
  if (!env.JOBS || !env.EMBEDDER_URL) return;
  const queue = { catalogue: openCatalogue(env), send: openJobs(env).send };
  const sentBefore = cron === restarted ? Infinity : queue.catalogue.now() - lostAfterMs;
  await nudgeJobs(queue, sentBefore);
}

function openConsumer(env: Env): JobConsumer {
  const embedder = openEmbedder(env);
  const catalogue = openCatalogue(env);
  const stores = { catalogue, objects: r2Objects(env) };
  return {
    ...stores,
    embedder,
    send: openJobs(env).send,
    build: (job) => build(catalogue, embedder, job),
    compare: (job, request) => compare(embedder, job, request),
    stop: (job) => stop(embedder, job),
    publish: async (job, version, activate) => {
      if (activate) await switchVersion(stores, job, version);
    },
    costs: costSettings(env),
    onFailure: logFailure,
  };
}

/** Start the build of a job, or ask how far it is. @returns undefined while it runs */
async function build(
  catalogue: Catalogue,
  embedder: HttpEmbedder,
  job: Job,
): Promise<BuiltVersion | undefined> {
  const { id: jobId, collection, modelHash } = job;
  const built = await workAt(embedder, jobId, builtVersionSchema, async () => ({
    ...{ jobId, collection, model: modelHash },
    options: await planOptions(catalogue, job),
  }));
  if (built) await addVersion(catalogue, { collection, modelHash, jobId, ...built });
  return built;
}

/** Start the comparison of a job, or ask how far it is. @returns undefined while it runs */
async function compare(
  embedder: HttpEmbedder,
  { id, collection }: Job,
  request: CompareRequest,
): Promise<Comparison | undefined> {
  return workAt(embedder, comparisonId(id), comparisonSchema, async () => ({
    ...{ jobId: comparisonId(id), collection },
    compare: request,
  }));
}

const comparisonId = (jobId: string) => `${jobId}-compare`;

async function stop(embedder: HttpEmbedder, { id }: Job): Promise<void> {
  const ids = [id, comparisonId(id)];
  // Ignore failures: one of the two may never have started, and the job ends in any case.
  await Promise.allSettled(ids.map((one) => embedder.cancelBuild(one)));
}

/** Start work under an id, or ask how far it is. @returns undefined while it runs */
async function workAt<T>(
  embedder: HttpEmbedder,
  id: string,
  schema: z.ZodType<T>,
  request: () => Promise<BuildRequest>,
): Promise<T | undefined> {
  // Ask before starting: restarting a failed build would lose its error.
  const status = (await findBuild(embedder, id)) ?? (await embedder.startBuild(await request()));
  // The embedder was shut down (for example, redeployed).
  if (status.state === 'cancelled') await embedder.startBuild(await request());
  if (!['succeeded', 'failed'].includes(status.state)) return undefined;
  const { data, success } = schema.safeParse(status.result);
  if (status.state === 'succeeded' && success) return data;
  const { code = 'internal', message = status.state } = status.error ?? {};
  throw new DiptychError('build_failed', `build: ${code}: ${message}`);
}

/** Ask for the state of a build. @returns undefined if no embedder knows the build */
async function findBuild(embedder: HttpEmbedder, jobId: string): Promise<BuildStatus | undefined> {
  try {
    return await embedder.buildStatus(jobId);
  } catch (error) {
    if (isUnknownBuild(error)) return undefined;
    throw error;
  }
}
