import { Hono, type Context } from 'hono';
import { accepts } from 'hono/accepts';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { hasEnded, listJobs, type Job } from '../../src/jobs/rows/jobs.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { requireJob } from '../../src/jobs/rows/require-job.ts';
import { buildOptionsSchema } from '../../src/jobs/build-options.ts';
import { cancelJob } from '../../src/jobs/cancel-job.ts';
import { jobProgress } from '../../src/jobs/job-progress.ts';
import { reportJob } from '../../src/jobs/report/job-report.ts';
import { reportKey, reportPageKey } from '../../src/version/keys.ts';
import { reportPage, reportPolicy } from '../../src/jobs/report/report-page.ts';
import { startJob } from '../../src/jobs/start-job.ts';
import { heldOutSchema } from '../../src/metrics/comparison.ts';
import type { AppEnv } from '../env.ts';
import { readJson } from '../http/read-json.ts';
import { readQuery } from '../http/read-query.ts';
import { openCatalogue, openCatalogueOf } from '../stores/open-catalogue.ts';
import { costSettings, openJobs } from '../jobs/open-jobs.ts';
import { openEmbedder } from '../stores/open-embedder.ts';
import { r2Objects } from '../stores/r2-objects.ts';
import { requireScope } from '../http/require-scope.ts';

const [read, write] = [requireScope('read'), requireScope('write')];

export const jobs = new Hono<AppEnv>()
  .post('/v1/collections/:collection/reindex', write, (c) =>
    postReindex(c, c.req.param('collection')),
  )
  .get('/v1/collections/:collection/jobs', read, (c) => getJobs(c, c.req.param('collection')))
  .get('/v1/jobs/:id', read, (c) => getOneJob(c, c.req.param('id')))
  .get('/v1/jobs/:id/events', read, (c) => getEvents(c, c.req.param('id')))
  .get('/v1/jobs/:id/report', read, (c) => getReport(c, c.req.param('id')))
  .post('/v1/jobs/:id/cancel', write, (c) => postCancel(c, c.req.param('id')));

const reindexSchema = z.strictObject({
  options: buildOptionsSchema.default({}),
  /** `METRIC >= CHANGE` */
  switchIf: z.string().max(200).optional(),
  heldOut: heldOutSchema.optional(),
});

const listSchema = z.strictObject({
  /** Id of the last job of the page before. */
  before: z.string().min(1).max(64).optional(),
});

/** Start a job; the queue carries it on. */
async function postReindex(c: Context<AppEnv>, collection: string): Promise<Response> {
  const catalogue = await openCatalogueOf(c.env, collection);
  const body = await readJson(c, reindexSchema, { mayBeEmpty: true });
  const { options: index, switchIf, heldOut } = body;
  const starter = { catalogue, embedder: openEmbedder(c.env), send: openJobs(c.env).send };
  const job = await startJob(starter, { collection, index, switchIf, heldOut });
  return c.json({ job: await describe(catalogue, job) }, 202);
}

/** List jobs of a collection, newest first. */
async function getJobs(c: Context<AppEnv>, collection: string): Promise<Response> {
  const page = { ...readQuery(c, listSchema), limit: 50 };
  const catalogue = await openCatalogueOf(c.env, collection);
  const found = await listJobs(catalogue, collection, page);
  return c.json({ jobs: await Promise.all(found.map((job) => describe(catalogue, job))) });
}

async function getOneJob(c: Context<AppEnv>, id: string): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  return c.json({ job: await describe(catalogue, await requireJob(catalogue, id)) });
}

/** Send the report of a job: a page if the client prefers HTML, otherwise JSON. */
async function getReport(c: Context<AppEnv>, id: string): Promise<Response> {
  const stores = { catalogue: openCatalogue(c.env), objects: r2Objects(c.env) };
  const job = await requireJob(stores.catalogue, id);
  const [json, html] = ['application/json', 'text/html'] as const;
  const type = accepts(c, { header: 'Accept', supports: [json, html], default: json });
  const isPage = type === html;
  // The ledger of an older job is gone; its report was stored when it ended.
  const key = (isPage ? reportPageKey : reportKey)(job.id);
  const kept = hasEnded(job.state) ? await stores.objects.get(key) : null;
  const text = kept && new TextDecoder().decode(kept);
  const addUp = () => reportJob(stores, job, costSettings(c.env));
  c.header('vary', 'accept');
  if (!isPage) {
    return c.body(text ?? JSON.stringify(await addUp()), 200, { 'content-type': type });
  }
  c.header('content-security-policy', `${reportPolicy}; frame-ancestors 'none'; sandbox`);
  return c.html(text ?? reportPage(await addUp()));
}

async function postCancel(c: Context<AppEnv>, id: string): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  const job = await cancelJob({ catalogue, send: openJobs(c.env).send }, id);
  return c.json({ job: await describe(catalogue, job) });
}

const pollMs = 1000;

/** Send a job as server-sent events: now, and at each change until it ends. */
async function getEvents(c: Context<AppEnv>, id: string): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  await requireJob(catalogue, id);
  return streamSSE(c, async (stream) => {
    for (let last = ''; !stream.aborted; await stream.sleep(pollMs)) {
      const job = await requireJob(catalogue, id);
      const data = JSON.stringify(await describe(catalogue, job));
      if (data !== last) await stream.writeSSE({ event: job.state, data });
      if (hasEnded(job.state)) return;
      last = data;
    }
  });
}

async function describe(catalogue: Catalogue, job: Job) {
  const { id, collection, state, modelHash, version, error, cancelRequested } = job;
  const { done, total } = await jobProgress(catalogue, job);
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...{ id, collection, state, model: modelHash, version, error, cancelRequested },
    /** Batches of 256 items; the total grows while the job is planned. */
    progress: { done, total, secondsLeft: secondsLeft(job, done) },
    createdAt: time(job.createdAt),
    endedAt: time(job.endedAt),
  };
}

/** Estimate the time left from the pace so far. @returns null while no batch is done */
function secondsLeft({ state, createdAt, batches }: Job, done: number): number | null {
  if (state !== 'encoding' || done === 0) return null;
  const seconds = (Date.now() - createdAt) / 1000;
  return Math.round((seconds / done) * (batches - done));
}
