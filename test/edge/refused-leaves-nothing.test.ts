import { beforeAll, describe, expect, it } from 'vitest';
import { createCollection, listCollections } from '../../src/catalogue/collections.ts';
import { adminEnv, adminToken, catalogue, migrateCatalogue } from './admin.ts';
import { bindings, createClient, failureOf } from './client.ts';

const client = createClient({}, adminEnv);

beforeAll(async () => {
  await migrateCatalogue();
  await createCollection(catalogue, 'birds');
});

const send = (method: string, path: string, body?: string, type = 'application/json') =>
  client.request(path, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': type },
    body,
  });

/** What the catalogue and the bucket hold. */
async function everything() {
  const { objects } = await bindings.ARTIFACTS.list();
  const names = (await listCollections(catalogue)).map(({ name }) => name);
  return [...names, ...objects.map(({ key }) => key)];
}

describe('a collection that nobody made', () => {
  it.each([
    ['GET', 'items'],
    ['GET', 'items?limit=5&hasImage=true'],
    ['POST', 'items/delete', '{"ids": ["a"]}'],
    ['DELETE', 'items/a'],
    ['POST', 'reindex'],
    ['POST', 'reindex', '{"options": {"M": 8}}'],
    ['GET', 'jobs'],
    ['GET', 'items/a'],
    ['GET', 'items/a/image'],
    ['GET', ''],
  ])('is unknown to %s /v1/collections/typo/%s, which leaves nothing', async (...request) => {
    const [method, path, body] = request;
    const before = await everything();
    const response = await send(method, `/v1/collections/typo/${path}`.replace(/\/$/, ''), body);
    expect(await failureOf(response)).toMatchObject({ status: 404, code: 'unknown_collection' });
    expect(await everything()).toEqual(before);
  });

  it('is unknown without an embedder as well', async () => {
    const { EMBEDDER_URL: _, JOBS: __, ...env } = adminEnv;
    const headers = { authorization: `Bearer ${adminToken}` };
    const path = '/v1/collections/typo/reindex';
    const response = await createClient({}, env).request(path, { method: 'POST', headers });
    expect((await failureOf(response)).status).toBe(404);
  });

  const item = (fields: object) => JSON.stringify({ items: [fields] });
  it.each([
    ['an image that is none', item({ id: 'a', image: 'AAAA' }), 'application/json'],
    [
      'an upload that is unknown',
      item({ id: 'a', image: { upload: '0'.repeat(26) } }),
      'application/json',
    ],
    [
      'an address that is not allowed',
      item({ id: 'a', image: { url: 'https://a.test/' } }),
      'application/json',
    ],
    ['no lines', '', 'application/x-ndjson'],
  ])('is not made by %s', async (_what, body, type) => {
    const before = await everything();
    const response = await send('POST', '/v1/collections/typo/items', body, type);
    await response.arrayBuffer();
    expect(await everything()).toEqual(before);
    expect((await send('GET', '/v1/collections/typo/items')).status).toBe(404);
  });

  it('is made by its first item', async () => {
    const items = JSON.stringify({ items: [{ id: '' }, { id: 'a' }] });
    expect((await send('POST', '/v1/collections/made/items', items)).status).toBe(200);
    expect((await send('GET', '/v1/collections/made/items')).status).toBe(200);
  });
});

describe('an id that no address can hold', () => {
  it.each(['.', '..', 'a/..', '../a', 'a/./b', './a', 'a/../b', 'a\\..\\b', '..\\a'])(
    'is refused: %s',
    async (id) => {
      const body = JSON.stringify({ items: [{ id }, { id: 'good' }] });
      const response = await send('POST', '/v1/collections/birds/items', body);
      const { results } = await response.json<{ results: object[] }>();
      expect(results).toMatchObject([
        {
          id,
          status: 'failed',
          error: { code: 'bad_request', message: expect.stringMatching(/^id: .*"\.\."/) },
        },
        { id: 'good' },
      ]);
    },
  );

  it.each(['...', 'a..b', '.a', 'a.', '..a/b..', 'a%2F..', '.hidden/x'])(
    'is not: %s',
    async (id) => {
      const body = JSON.stringify({ items: [{ id }] });
      const response = await send('POST', '/v1/collections/birds/items', body);
      expect((await response.json<{ results: object[] }>()).results).toMatchObject([
        { id, status: 'created' },
      ]);
      const address = `/v1/collections/birds/items/${encodeURIComponent(id)}`;
      expect(await (await send('DELETE', address)).json()).toMatchObject({
        results: [{ id, status: 'deleted' }],
      });
    },
  );
});

describe('updatedSince', () => {
  const ask = (since: string) =>
    send('GET', `/v1/collections/birds/items?updatedSince=${encodeURIComponent(since)}`);

  it.each(['yesterday', '', '5', '2026-02-30', '2026-11-30T25:00:00Z'])(
    'is refused with what is expected: %j',
    async (since) => {
      expect(await failureOf(await ask(since))).toEqual({
        status: 400,
        code: 'bad_request',
        message: `updatedSince: expected a day or a time like 2026-11-30T12:00:00Z, got ${since}`,
      });
    },
  );

  it.each(['2026-11-30', '2026-11-30T12:00:00Z', '2026-11-30T12:00:00.5+02:00'])(
    'is a day, or a time with its zone: %s',
    async (since) => expect((await ask(since)).status).toBe(200),
  );
});

describe('a refusal', () => {
  it.each([
    ['POST', '/v1/search', '{"text": "a", "id": "b"}', ''],
    ['POST', '/v1/search', '{"text": "a", "target": "caption", "mode": "keyword"}', 'mode'],
    ['POST', '/v1/search', '{"text": "a", "topK": 1}', 'topK'],
    ['POST', '/v1/search', '', 'content-type', 'application/xml'],
    ['POST', '/v1/collections/birds/items', 'x', 'content-type', 'text/plain'],
    ['PUT', '/v1/label-sets/..x', '{"labels": ["a"]}', 'name'],
    ['GET', '/v1/objects/a%2F..%2Fb', undefined, 'key'],
    ['GET', '/v1/objects/%E0%A4', undefined, 'key'],
  ])('names its field: %s %s %s', async (method, path, body, field, type?: string) => {
    const { error } = await (
      await send(method, path, body, type)
    ).json<{
      error: { code: string; details?: { issues: { field: string }[] } };
    }>();
    expect(error).toMatchObject({ code: 'bad_request', details: { issues: [{ field }] } });
  });
});
