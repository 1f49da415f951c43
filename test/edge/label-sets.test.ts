import { beforeAll, describe, expect, it } from 'vitest';
import type { ClassifyResponse } from '../../src/http/api.ts';
import { createClient, failureOf, fillBucket } from './client.ts';
import { adminEnv, migrateCatalogue, adminToken } from './admin.ts';

const client = createClient({}, adminEnv);

beforeAll(async () => {
  await fillBucket();
  await migrateCatalogue();
});

const ask = (method: string, name = '', body?: unknown) =>
  client.request(`/v1/label-sets${name}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

async function classify(labelSet: string, where = client): Promise<string[]> {
  const response = await where.postForm('/v1/classify', { text: 'airplane', labelSet });
  expect(response.status).toBe(200);
  const { labels } = await response.json<ClassifyResponse>();
  return labels.map(({ label }) => label);
}

describe('a label set', () => {
  it('is kept under its name, and classified with, whether or not there is a database', async () => {
    const put = await ask('PUT', '/kinds', { labels: ['dog', 'airplane'] });
    expect(await put.json()).toMatchObject({
      labelSet: { name: 'kinds', labels: ['dog', 'airplane'] },
    });
    const { CATALOGUE: _, ...withoutDatabase } = adminEnv;
    expect(await classify('kinds', createClient({}, withoutDatabase))).toEqual(['airplane', 'dog']);
    await ask('PUT', '/kinds', { labels: ['house', 'airplane'] });
    expect(await classify('kinds')).toEqual(['airplane', 'house']);
    const all = await (await ask('GET')).json<{ labelSets: { labels: string[] }[] }>();
    expect(all.labelSets.map(({ labels }) => labels)).toEqual([['house', 'airplane']]);
  });

  it('is gone when it was deleted', async () => {
    await ask('PUT', '/short-lived', { labels: ['dog'] });
    expect((await ask('DELETE', '/short-lived')).status).toBe(200);
    expect(await failureOf(await ask('GET', '/short-lived'))).toMatchObject({
      status: 404,
      code: 'unknown_label_set',
    });
    const query = { text: 'dog', labelSet: 'short-lived' };
    expect(await failureOf(await client.postForm('/v1/classify', query))).toMatchObject({
      status: 404,
      code: 'unknown_label_set',
    });
  });

  it.each([
    ['the name of the captions', '/captions', { labels: ['a'] }, 'bad_request'],
    ['a name that is a path', '/..%2Fpictograms', { labels: ['a'] }, 'bad_request'],
    ['no labels', '/empty', { labels: [] }, 'bad_request'],
    ['a label twice', '/twice', { labels: ['a', 'a'] }, 'bad_request'],
    ['what is no JSON', '/text', undefined, 'invalid_json'],
  ])('is refused with %s', async (_, name, body, code) => {
    expect(await failureOf(await ask('PUT', name, body))).toMatchObject({
      status: 400,
      code,
    });
  });

  it('is written with a key alone', async () => {
    const response = await client.request('/v1/label-sets/kinds', { method: 'PUT', body: '{}' });
    expect(await failureOf(response)).toMatchObject({ status: 401, code: 'unauthorized' });
  });
});
