import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../gpu-embedder/operate/dev/free-port.ts';
import { startWorker, type RunningWorker } from '../../gpu-embedder/operate/dev/start-worker.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { readMigrations } from '../../gpu-embedder/operate/catalogue/read-migrations.ts';
import { verifyVersion } from '../../gpu-embedder/operate/publish/verify-version.ts';
import { differenceLine } from '../../gpu-embedder/operate/verify/differences.ts';
import { verifyCollection } from '../../gpu-embedder/operate/verify/verify-collection.ts';
import { localCatalogue, type LocalCatalogue } from '../../gpu-embedder/operate/store/local-d1.ts';
import { httpStore } from '../../gpu-embedder/operate/store/http-store.ts';
import { itemsFile, versionKey } from '../../src/version/keys.ts';
import { readItemTable } from '../../src/version/tables/item-table.ts';
import { readPointer } from '../../src/version/move-pointer.ts';
import { createCollection } from '../../src/catalogue/collections.ts';
import { deleteItems } from '../../src/items/delete-items.ts';
import { getJob } from '../../src/jobs/rows/jobs.ts';
import { migrate } from '../../src/catalogue/schema/migrate.ts';
import { ingestItems } from '../../src/items/ingest/ingest-items.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import { writeDeleted } from '../../src/items/remove/deleted-overlay.ts';
import type { JobReport } from '../../src/jobs/report/job-report.ts';
import { withPatience } from '../../src/jobs/retry-policy.ts';
import { startKillable, untilItAnswers, type Killable } from './killable.ts';

export const collection = 'stage';
const token = 'token-of-the-stage';
const bin = fileURLToPath(new URL('../../bin/diptych.mjs', import.meta.url));
const support = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Failure rates in the worker that runs jobs. */
export interface Faults {
  readonly put?: number;
  readonly statement?: number;
  readonly twice?: number;
}

/** All processes of jobs, real ones that can be killed, and another worker that only searches. */
export interface Stage {
  /** URL of the worker that searches, which is never killed. */
  readonly url: string;
  ingest(items: readonly object[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** Start a job on the queue. @returns id of the job */
  startJob(): Promise<string>;
  /** Run `diptych reindex`. */
  command(): Killable;
  /** Kill a process of the queue and start it again. */
  restart(which: 'worker' | 'embedder'): Promise<void>;
  /** Wait for a job to end. */
  report(job: string): Promise<JobReport>;
  published(): Promise<Published>;
  /** List the differences that `diptych verify` finds. */
  differences(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** The active version: ids of its items, hash of its content, and hash of each file. */
export interface Published {
  readonly ids: readonly string[];
  readonly content: string;
  readonly files: Readonly<Record<string, string>>;
}

/** Make a folder that stages start from: a model, and a catalogue with items. @returns the folder */
export async function prepareStage(items: readonly object[]): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-stage-'));
  await writeTinyModel(join(dir, 'model'));
  const catalogue = await localCatalogue(join(dir, '.diptych/store/d1'));
  const worker = await startSearch(dir);
  try {
    await migrate(catalogue, await readMigrations('d1'));
    await createCollection(catalogue, collection);
    await ingestInto(catalogue, httpStore({ url: worker.url, token }), items);
  } finally {
    await Promise.all([catalogue.close(), worker.stop()]);
  }
  return dir;
}

/** @param prepared - folder of `prepareStage`, which is copied */
export async function openStage(prepared: string, faults: Faults = {}): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-stage-'));
  await cp(prepared, dir, { recursive: true });
  const [search, catalogue] = await Promise.all([
    startSearch(dir),
    localCatalogue(join(dir, '.diptych/store/d1')),
  ]);
  const objects = httpStore({ url: search.url, token });
  const patiently = <T>(step: () => Promise<T>) => withPatience({}, step);
  const queue = await openQueue(dir, faults);
  return {
    url: search.url,
    ...queue,
    ingest: (items) => patiently(() => ingestInto(catalogue, objects, items)),
    command: () => startKillable([bin, 'reindex', ...jobFlags, '--json'], { cwd: dir }),
    report: (job) => reportOf(catalogue, search.url, job),
    published: () => published(objects),
    differences: async () => {
      const recount = () => verifyCollection({ catalogue, objects }, collection);
      return (await patiently(recount)).differences.map(differenceLine);
    },
    remove: (ids) =>
      patiently(async () => {
        await deleteItems(catalogue, collection, ids);
        await writeDeleted({ catalogue, objects }, collection);
      }),
    async close() {
      await queue.close();
      await Promise.all([search.stop(), catalogue.close()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const jobFlags = ['--collection', collection, '--model', 'model'];

function startSearch(dir: string): Promise<RunningWorker> {
  return startWorker({ ...places(dir), port: 0, variables: { DIPTYCH_ADMIN_TOKEN: token } });
}

const places = (dir: string) => ({
  host: '127.0.0.1',
  r2Dir: join(dir, '.diptych/store/r2'),
  d1Dir: join(dir, '.diptych/store/d1'),
});

/** Start a worker that runs jobs, and an embedder; a restart keeps their addresses. */
async function openQueue(dir: string, faults: Faults) {
  const [worker, embedder] = [await freePort(), await freePort()];
  const urls = {
    worker: `http://127.0.0.1:${worker}`,
    embedder: `http://127.0.0.1:${embedder}`,
  };
  const variables = {
    DIPTYCH_ADMIN_TOKEN: token,
    EMBEDDER_URL: urls.embedder,
    EMBEDDER_TOKEN: token,
    FAULTS: faults,
  };
  const entry = support('../edge/faulty-worker.ts');
  const options = JSON.stringify({ ...places(dir), port: worker, variables, entry });
  const env = { DIPTYCH_EMBEDDER_TOKEN: token, DIPTYCH_API_KEY: token };
  const serve = ['serve', '--port', String(embedder), '--model', 'model', '--store', urls.worker];
  const start = {
    worker: () =>
      startKillable(['--import', 'tsx', support('worker-process.ts'), options], {
        cwd: fileURLToPath(new URL('../../', import.meta.url)),
      }),
    embedder: () => startKillable([bin, ...serve], { cwd: dir, env }),
  };
  const running = { worker: start.worker(), embedder: start.embedder() };
  const answers = (which: keyof typeof urls) => untilItAnswers(`${urls[which]}/healthz`);
  const close = async () => {
    await Promise.all([running.worker.kill(), running.embedder.kill()]);
  };
  try {
    await Promise.all([answers('worker'), answers('embedder')]);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    close,
    async startJob() {
      const path = `/v1/collections/${collection}/reindex`;
      const response = await fetch(`${urls.worker}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      const answer = (await response.json()) as { job?: { id: string } };
      if (answer.job) return answer.job.id;
      throw new Error(`POST ${path}: ${response.status} ${JSON.stringify(answer)}`);
    },
    async restart(which: 'worker' | 'embedder') {
      await running[which].kill();
      running[which] = start[which]();
      await answers(which);
    },
  };
}

async function ingestInto(
  catalogue: LocalCatalogue,
  objects: ObjectStore,
  items: readonly object[],
): Promise<void> {
  const stores = { catalogue, objects, fetchImage: () => Promise.reject(new Error('no network')) };
  for (let at = 0; at < items.length; at += 500) {
    const results = await ingestItems(stores, collection, items.slice(at, at + 500));
    const failed = results.find(({ status }) => status === 'failed');
    if (failed) throw new Error(`ingest: ${JSON.stringify(failed)}`);
  }
}

async function reportOf(catalogue: LocalCatalogue, url: string, job: string): Promise<JobReport> {
  const hasEnded = async () => (await getJob(catalogue, job))?.endedAt;
  while (!(await withPatience({}, hasEnded))) {
    await new Promise((resolve) => void setTimeout(resolve, 100));
  }
  const headers = { authorization: `Bearer ${token}` };
  return (await (await fetch(`${url}/v1/jobs/${job}/report`, { headers })).json()) as JobReport;
}

async function published(objects: ObjectStore): Promise<Published> {
  const { pointer } = await readPointer(objects, collection);
  const { version, files } = await verifyVersion(objects, collection, pointer!.version);
  const key = versionKey(collection, version, itemsFile);
  const { ids } = readItemTable((await objects.get(key))!);
  const hashes = Object.entries(files).map(([name, { sha256 }]) => [name, sha256] as const);
  return {
    ids: ids.all(),
    content: version.split('-')[1],
    files: Object.fromEntries(hashes),
  };
}

/** Make items with pictures of one colour. */
export function coloured(first: number, count: number): object[] {
  return Array.from({ length: count }, (_, n) => {
    const i = first + n;
    const colour = ((i * 2_654_435_761) >>> 8).toString(16).padStart(6, '0').slice(-6);
    const rect = `<rect width="8" height="8" fill="#${colour}"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">${rect}</svg>`;
    return {
      id: `item-${String(i).padStart(6, '0')}`,
      image: Buffer.from(svg).toString('base64'),
      captions: [`${['birthday cake', 'red heart', 'dog', 'house'][i % 4]} ${i % 100}`],
    };
  });
}
