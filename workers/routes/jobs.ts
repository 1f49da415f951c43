import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import { streamSSE } from 'hono/streaming';
import { z } from 'zod';
import { batchCounts } from '../../src/catalogue/job-batches.ts';
import {
  createJob,
  getJob,
  hasEnded,
  listJobs,
  requestCancel,
  type Job,
} from '../../src/catalogue/jobs.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { requireCollection } from '../../src/catalogue/require-collection.ts';
import { DiptychError } from '../../src/errors.ts';
import { heldOutSchema, withCompareOptions } from '../../src/reindex/comparison.ts';
import { reportJob } from '../../src/reindex/job-report.ts';
import { reportKey, reportPageKey } from '../../src/version/keys.ts';
import { reportPage, reportPolicy } from '../../src/reindex/report-page.ts';
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
  await requireCollection(catalogue, collection);
  const body: unknown = (await c.req.text()) === '' ? {} : await c.req.json().catch(() => null);
  const parsed = reindexSchema.safeParse(body);
  if (!parsed.success) throw new DiptychError('bad_request', z.prettifyError(parsed.error));
  const { options: own, switchIf, heldOut } = parsed.data;
  const options = withCompareOptions(own, { switchIf, heldOut });
  const { hash } = await openEmbedder(c.env).describe();
  const created = await createJob(catalogue, { collection, modelHash: hash, options });
  if (created.refusedBy !== undefined) {
    throw new DiptychError(
      'job_busy',
      `collection ${collection} is being indexed by job ${created.refusedBy}`,
      { job: created.refusedBy },
    );
  }
  await openJobs(c.env).send([{ step: 'plan', job: created.job.id }]);
  return c.json({ job: await describe(catalogue, created.job) }, 202);
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
  return c.json({ job: await describe(catalogue, await mustGet(catalogue, c.req.param('id'))) });
}

/** GET /v1/jobs/:id/report, as JSON or, where that is preferred, as a page */
export async function getReport(c: Context<AppEnv, '/:id'>): Promise<Response> {
  const stores = { catalogue: openCatalogue(c.env), objects: r2Objects(c.env) };
  const job = await mustGet(stores.catalogue, c.req.param('id'));
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
  const { id } = await mustGet(catalogue, c.req.param('id'));
  const isActive = await requestCancel(catalogue, id);
  // Whatever the queue carries next ends it; where it carries nothing, this does.
  if (isActive) await openJobs(c.env).send([{ step: 'plan', job: id }]);
  return c.json({ job: await describe(catalogue, await mustGet(catalogue, id)) });
}

const pollMs = 1000;

/** GET /v1/jobs/:id/events: the job whenever it changed, until it ended, as server-sent events. */
export async function getEvents(c: Context<AppEnv, '/:id'>): Promise<Response> {
  const catalogue = openCatalogue(c.env);
  const id = c.req.param('id');
  await mustGet(catalogue, id);
  return streamSSE(c, async (stream) => {
    for (let last = ''; !stream.aborted; await stream.sleep(pollMs)) {
      const job = await mustGet(catalogue, id);
      const data = JSON.stringify(await describe(catalogue, job));
      if (data !== last) await stream.writeSSE({ event: job.state, data });
      if (hasEnded(job.state)) return;
      last = data;
    }
  });
}

async function mustGet(catalogue: Catalogue, id: string): Promise<Job> {
  const job = await getJob(catalogue, id);
  if (job) return job;
  throw new DiptychError('not_found', `there is no job ${JSON.stringify(id)}`);
}

async function describe(catalogue: Catalogue, job: Job) {
  const { id, collection, state, modelHash, version, error, cancelRequested } = job;
  const { pending, sent } = await batchCounts(catalogue, id);
  // Batches of older jobs are forgotten.
  const done = state === 'succeeded' ? job.batches : job.batches - pending - sent;
  const time = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...{ id, collection, state, model: modelHash, version, error, cancelRequested },
    /** Batches of 256 items; the total grows while the job is planned. */
    progress: { done, total: job.batches, secondsLeft: secondsLeft(job, done) },
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
