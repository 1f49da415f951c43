import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { hasEnded, listJobs, type Job } from '../../src/catalogue/jobs.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { requireJob } from '../../src/catalogue/require-job.ts';
import { DiptychError } from '../../src/errors.ts';
import { cancelJob } from '../../src/jobs/cancel-job.ts';
import { jobProgress } from '../../src/jobs/job-progress.ts';
import { reportJob } from '../../src/jobs/report/job-report.ts';
import { reportKey, reportPageKey } from '../../src/jobs/report/keep-report.ts';
import { reportPage, reportPolicy } from '../../src/jobs/report/report-page.ts';
import { startJob } from '../../src/jobs/start-job.ts';
import { heldOutSchema } from '../../src/metrics/comparison.ts';
import type { AppEnv } from '../app.ts';
import { openCatalogue } from '../services/open-catalogue.ts';
import { costSettings, openEmbedder, openJobs } from '../services/open-jobs.ts';
import { r2Objects } from '../services/r2-objects.ts';

const reindexSchema = z.strictObject({
  /** Of the index. */
  options: z.record(z.string(), z.unknown()).default({}),
  /** `METRIC >= CHANGE` */
  switchIf: z.string().max(200).optional(),
  heldOut: heldOutSchema.optional(),
});

/** POST /v1/collections/:collection/reindex: a job for the queue. */
export async function postReindex(c: Context<AppEnv, '/:collection'>): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  const collection = c.req.param('collection');
  const body: unknown = (await c.req.text()) === '' ? {} : await c.req.json().catch(() => null);
  const parsed = reindexSchema.safeParse(body);
  if (!parsed.success) throw new DiptychError('bad_request', z.prettifyError(parsed.error));
  const { options: index, switchIf, heldOut } = parsed.data;
  const starter = { catalogue, embedder: openEmbedder(c.env), send: openJobs(c.env).send };
  const job = await startJob(starter, { collection, index, switchIf, heldOut });
  return c.json({ job: await describe(catalogue, job) }, 202);
}

/** GET /v1/collections/:collection/jobs, newest first */
export async function getJobs(c: Context<AppEnv, '/:collection'>): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  const page = { before: c.req.query('before'), limit: 50 };
  const jobs = await listJobs(catalogue, c.req.param('collection'), page);
  return c.json({ jobs: await Promise.all(jobs.map((job) => describe(catalogue, job))) });
}

/** GET /v1/jobs/:id */
export async function getOneJob(c: Context<AppEnv, '/:id'>): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  return c.json({ job: await describe(catalogue, await requireJob(catalogue, c.req.param('id'))) });
}

/** GET /v1/jobs/:id/report, as JSON or, where that is preferred, as a page */
export async function getReport(c: Context<AppEnv, '/:id'>): Promise<Response> {
  const stores = { catalogue: openCatalogue(c.env), objects: r2Objects(c.env) };
  const job = await requireJob(stores.catalogue, c.req.param('id'));
  const supports = ['application/json', 'text/html'];
  const type = accepts(c, { header: 'Accept', supports, default: supports[0] });
  const isPage = type !== supports[0];
  // Of an older job the ledger is gone, and the report that was written at its end is all there is.
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

/** POST /v1/jobs/:id/cancel */
export async function postCancel(c: Context<AppEnv, '/:id'>): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  const job = await cancelJob({ catalogue, send: openJobs(c.env).send }, c.req.param('id'));
  return c.json({ job: await describe(catalogue, job) });
}

const pollMs = 1000;

/** GET /v1/jobs/:id/events: the job whenever it changed, until it ended, as server-sent events. */
export async function getEvents(c: Context<AppEnv, '/:id'>): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  const id = c.req.param('id');
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

/** By the pace so far; null where there is none to go by. */
function secondsLeft({ state, createdAt, batches }: Job, done: number): number | null {
  if (state !== 'encoding' || done === 0) return null;
  const seconds = (Date.now() - createdAt) / 1000;
  return Math.round((seconds / done) * (batches - done));
}
