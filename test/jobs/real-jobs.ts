import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModel } from '../../gpu-embedder/embed/load-model.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { verifyVersion } from '../../gpu-embedder/operate/publish/verify-version.ts';
import { buildJob } from '../../gpu-embedder/operate/jobs/build-job.ts';
import { compareVersions } from '../../gpu-embedder/operate/jobs/compare-versions.ts';
import { publishJob } from '../../gpu-embedder/operate/jobs/publish-job.ts';
import { directEmbedder } from '../../gpu-embedder/embed/service/embedder/direct-embedder.ts';
import { readPointer } from '../../src/version/move-pointer.ts';
import type { Embedder } from '../../src/embedder/embedder.ts';
import { handleMessage, type JobConsumer } from '../../src/jobs/handle-message.ts';
import type { JobMessage } from '../../src/jobs/job-messages.ts';
import type { Stores } from '../../src/catalogue/stores.ts';
import { runJob, type JobRun } from '../../src/jobs/run-job.ts';
import { collection } from './job-fixture.ts';

/** Jobs with a real model and real indexes. */
export interface RealJobs {
  readonly modelHash: string;
  readonly embedder: Embedder;
  /** What a job needs in addition to an embedder. */
  workOn(stores: Stores): Pick<JobRun, keyof Stores | 'build' | 'compare' | 'publish'>;
  close(): Promise<void>;
}

export async function openRealJobs(): Promise<RealJobs> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-jobs-'));
  await writeTinyModel(dir);
  const model = await loadModel(dir);
  const embedder = directEmbedder(model);
  return {
    modelHash: model.hash,
    embedder,
    workOn: (stores) => ({
      ...stores,
      build: (job) => buildJob(stores, job, dir, () => undefined),
      compare: ({ collection: name }, request) => compareVersions(stores.objects, name, request),
      publish: (job, version, activate) => publishJob(stores, job, version, activate),
    }),
    async close() {
      await embedder.close();
      await model.dispose();
      await rm(dir, { recursive: true });
    },
  };
}

/** The active version: its id without the date, and the hash of each of its files. */
export async function published(stores: Stores): Promise<object> {
  const { pointer } = await readPointer(stores.objects, collection);
  const { version, files } = await verifyVersion(stores.objects, collection, pointer!.version);
  const hashes = Object.entries(files).map(([name, { sha256 }]) => [name, sha256]);
  return { content: version.split('-')[1], files: Object.fromEntries(hashes) as object };
}

type Work = Omit<JobRun, 'owner' | 'wait'>;

/** The two ways to run a job to its end. A wait does not take real time: it moves the clock. */
export type Runner = (work: Work, jobId: string, onWait?: (ms: number) => void) => Promise<void>;

export const runners: readonly (readonly [string, Runner])[] = [
  ['in this process', inThisProcess],
  ['by the queue', byTheQueue],
];

async function inThisProcess(work: Work, jobId: string, onWait: (ms: number) => void = () => {}) {
  await runJob({ ...work, owner: 'test', wait: async (ms) => onWait(ms) }, jobId);
}

/** Deliver one message after the other; a message that must come again goes to the end. */
async function byTheQueue(work: Work, jobId: string, onWait: (ms: number) => void = () => {}) {
  const waiting: { message: JobMessage; attempt: number }[] = [];
  const send = async (messages: readonly JobMessage[]) => {
    waiting.push(...messages.map((message) => ({ message, attempt: 1 })));
  };
  const queue: JobConsumer = { ...work, send, stop: async () => undefined };
  await send([{ step: 'plan', job: jobId }]);
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const { message, attempt } = next;
    const seconds = await handleMessage(queue, message, attempt).catch(() => 30);
    if (seconds === undefined) continue;
    onWait(1000 * seconds);
    waiting.push({ message, attempt: attempt + 1 });
  }
}
