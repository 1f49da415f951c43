import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { errorResponseSchema } from '../../src/http/api.ts';
import { createApiKey } from '../../src/catalogue/api-keys.ts';
import { createCollection } from '../../src/catalogue/collections.ts';
import { activeJob, createJob, getJob, moveJob } from '../../src/jobs/rows/jobs.ts';
import { insertLedger } from '../../src/jobs/rows/ledger.ts';
import type { JobReport } from '../../src/jobs/report/job-report.ts';
import type { Env } from '../../workers/env.ts';
import { createClient, failureOf } from './client.ts';
import { adminEnv, catalogue, migrateCatalogue, adminToken } from './admin.ts';

const sent: unknown[] = [];
const env: Env = {
  ...adminEnv,
  JOBS: { sendBatch: async (messages) => void sent.push(...messages) },
  EMBEDDER_PRICE_PER_HOUR: '2.5',
};
const client = createClient({}, env);
const condition = 'image_retrieval_recall@10 >= -0.01';

beforeAll(async () => {
  await migrateCatalogue();
  await createCollection(catalogue, 'birds');
});
afterEach(() => vi.unstubAllGlobals());

const ask = (path: string, headers: Record<string, string> = {}) =>
  client.request(path, { headers: { authorization: `Bearer ${adminToken}`, ...headers } });

const reindex = (body: object) =>
  client.request('/v1/collections/birds/reindex', {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

/** A job of a collection of its own that skipped an item. */
async function skipped(collection: string, id: string): Promise<string> {
  const { job } = await createJob(catalogue, { collection, modelHash: 'm' });
  const entry = { itemId: id, state: 'skipped' as const, code: 'no_image', reason: 'it has none' };
  await catalogue.atomically(insertLedger(catalogue, job!.id, 0, [entry]));
  await moveJob(catalogue, job!.id, 'planning', 'failed', { error: '<b>no room</b>' });
  return job!.id;
}

describe('a job', () => {
  it.each([
    [{ switchIf: 'accuracy > 0' }, 'invalid_option'],
    [{ switchIf: 'image_retrieval_recall@10 >= lots' }, 'invalid_option'],
    [{ switchIf: 7 }, 'bad_request'],
    [{ heldOut: [] }, 'bad_request'],
    [{ switchWhen: condition }, 'bad_request'],
    [{ options: { compare: { switchIf: condition } } }, 'bad_request'],
  ])('is refused with %j, before anything is asked of an embedder', async (body, code) => {
    const noNetwork = vi.fn();
    vi.stubGlobal('fetch', noNetwork);
    expect(await failureOf(await reindex(body))).toMatchObject({ status: 400, code });
    expect(noNetwork).not.toHaveBeenCalled();
  });

  it.each([
    [{ M: 0 }, 'options.M'],
    [{ recall: 'abc' }, 'options.recall'],
    [{ shards: 2.5 }, 'options.shards'],
    [{ builder: 'faiss' }, 'options.builder'],
    [{ colour: 'red' }, 'options.colour'],
    ['fast', 'options'],
  ])('is refused with the options %j, and told which is wrong', async (options, field) => {
    const noNetwork = vi.fn();
    vi.stubGlobal('fetch', noNetwork);
    const response = await reindex({ options });
    expect(response.status).toBe(400);
    const { error } = errorResponseSchema.parse(await response.json());
    expect(error.code).toBe('bad_request');
    expect(error.details?.issues).toEqual([{ field, message: expect.any(String) }]);
    expect(noNetwork).not.toHaveBeenCalled();
    expect(await activeJob(catalogue, 'birds')).toBeUndefined();
  });

  it('keeps the condition of its switch, apart from the options of the index', async () => {
    const model = { id: 'm', hash: 'hash-of-m', embedDim: 4 };
    vi.stubGlobal('fetch', async () => Response.json({ model }));
    const body = { options: { recall: 0.9 }, switchIf: condition, heldOut: ['a'] };
    const response = await reindex(body);
    expect(response.status).toBe(202);
    const { job } = await response.json<{ job: { id: string } }>();
    expect((await getJob(catalogue, job.id))?.options).toEqual({
      index: { recall: 0.9 },
      compare: { switchIf: condition, heldOut: ['a'] },
    });
    expect(sent).toEqual([{ body: { step: 'plan', job: job.id } }]);
  });

  it('reports as JSON, and as a page to a client that prefers HTML', async () => {
    const id = await skipped('reported', '<script>alert(1)</script>');
    const path = `/v1/jobs/${id}/report`;
    for (const accept of ['*/*', 'application/json', 'application/json, text/html;q=0.5']) {
      const response = await ask(path, { accept });
      expect(response.headers.get('vary')).toContain('accept');
      expect(await response.json<JobReport>()).toMatchObject({
        ...{ job: id, state: 'failed', skipped: { no_image: 1 }, switched: false },
        cost: { embedder: { hours: 0, dollars: 0 } },
      });
    }
    const page = await ask(path, { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' });
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const text = await page.text();
    expect(text).toContain('&#60;script&#62;alert(1)');
    expect(text).not.toMatch(/<script|<b>/);
  });

  it('reports to keys that may read, and to nobody else', async () => {
    const id = await skipped('private', 'a');
    const path = `/v1/jobs/${id}/report`;
    const { key } = await createApiKey(catalogue, 'reader', ['read']);
    const headers = { accept: 'text/html', authorization: `Bearer ${key}` };
    expect((await client.request(path, { headers })).status).toBe(200);
    const stranger = await client.request(path, { headers: { accept: 'text/html' } });
    expect(await failureOf(stranger)).toMatchObject({ status: 401, code: 'unauthorized' });
  });
});
