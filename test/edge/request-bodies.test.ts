import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createCollection } from '../../src/catalogue/collections.ts';
import { createClient } from './client.ts';
import { adminEnv, catalogue, migrateCatalogue, adminToken } from './admin.ts';

const client = createClient({}, adminEnv);

beforeAll(async () => {
  await migrateCatalogue();
  await createCollection(catalogue, 'birds');
});
afterEach(() => vi.unstubAllGlobals());

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details?: { readonly issues?: readonly { field: string; message: string }[] };
}

const send = (method: string, path: string, body?: BodyInit, type = 'application/json') =>
  client.request(path, {
    method,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': type },
    body,
  });

async function refused(response: Response): Promise<Failure> {
  const { error } = await response.json<{ error: Failure }>();
  expect(response.status).toBe(400);
  return error;
}

const fieldsOf = ({ details }: Failure) => details?.issues?.map(({ field }) => field);

/** What each route that reads JSON refuses: a wrong field and an unknown one, with their paths. */
const routes = [
  {
    route: 'POST /v1/search',
    wrong: [{ text: 5 }, 'text'],
    unknown: [{ text: 'dog', colour: 1 }, 'colour'],
  },
  {
    route: 'POST /v1/captions',
    wrong: [{ limit: 'all' }, 'limit'],
    unknown: [{ colour: 1 }, 'colour'],
  },
  {
    route: 'POST /v1/classify',
    wrong: [{ text: 'dog', labels: [''] }, 'labels.0'],
    unknown: [{ text: 'dog', labels: ['a'], colour: 1 }, 'colour'],
  },
  {
    route: 'POST /v1/collections/birds/items',
    wrong: [{ items: {} }, 'items'],
    unknown: [{ items: [], colour: 1 }, 'colour'],
  },
  {
    route: 'POST /v1/collections/birds/items/delete',
    wrong: [{ ids: ['a', 5] }, 'ids.1'],
    unknown: [{ ids: ['a'], colour: 1 }, 'colour'],
  },
  {
    route: 'POST /v1/collections/birds/reindex',
    wrong: [{ heldOut: ['a', ''] }, 'heldOut.1'],
    unknown: [{ colour: 1 }, 'colour'],
    mayBeEmpty: true,
  },
  {
    route: 'PUT /v1/label-sets/kinds',
    wrong: [{ labels: ['a', 5] }, 'labels.1'],
    unknown: [{ labels: ['a'], colour: 1 }, 'colour'],
  },
  {
    route: 'POST /v1/objects/a/b?uploadId=x',
    wrong: [{ parts: [{ partNumber: 0, etag: 'a' }] }, 'parts.0.partNumber'],
    unknown: [{ parts: [{ partNumber: 1, etag: 'a', colour: 1 }] }, 'parts.0.colour'],
  },
] as const;

describe.each(routes)('$route', ({ route, wrong, unknown, ...options }) => {
  const [method = '', path = ''] = route.split(' ');

  it.each([
    ['half an object', '{bad'],
    ['half a string', '"\\'],
    ['two values', '{} 2'],
    ['what is not UTF-8', Uint8Array.from([0x22, 0xff, 0x22])],
    ...('mayBeEmpty' in options ? [] : [['an empty body', ''] as const]),
  ] as const)('refuses %s as no JSON', async (_what, body) => {
    const failure = await refused(await send(method, path, body));
    expect(failure).toMatchObject({
      code: 'invalid_json',
      message: expect.stringMatching(/^body: expected JSON/),
    });
  });

  it.each(['[]', '5', 'null'])('refuses %s, which is no object', async (body) => {
    const failure = await refused(await send(method, path, body));
    expect(failure).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/^body: .*object/),
    });
  });

  it('names a wrong field by its path', async () => {
    const [body, field] = wrong;
    const failure = await refused(await send(method, path, JSON.stringify(body)));
    expect(failure.code).toBe('bad_request');
    expect(failure.message.startsWith(`${field}: `)).toBe(true);
    expect(fieldsOf(failure)).toEqual([field]);
  });

  it('names an unknown field by its path', async () => {
    const [body, field] = unknown;
    const failure = await refused(await send(method, path, JSON.stringify(body)));
    expect(failure).toMatchObject({
      code: 'bad_request',
      message: `${field}: unknown field`,
      details: { issues: [{ field, message: 'unknown field' }] },
    });
  });
});

describe('half of a surrogate pair', () => {
  it.each([
    ['POST', '/v1/search', { text: 'dog \ud83d' }, 'text'],
    ['POST', '/v1/search', { id: '\ude00' }, 'id'],
    ['POST', '/v1/classify', { text: '\ud83d', labels: ['a'] }, 'text'],
    ['POST', '/v1/classify', { text: 'dog', labels: ['a', '\ud83d'] }, 'labels.1'],
    ['PUT', '/v1/label-sets/kinds', { labels: ['\ud83d'] }, 'labels.0'],
  ])('is refused by %s %s: %j', async (method, path, body, field) => {
    const failure = await refused(await send(method, path, JSON.stringify(body)));
    expect(failure.code).toBe('bad_request');
    expect(fieldsOf(failure)).toEqual([field]);
  });
});

describe.each(['search', 'captions', 'classify'])('the image of POST /v1/%s', (route) => {
  it('is refused as a field where it is no text', async () => {
    const failure = await refused(await send('POST', `/v1/${route}`, JSON.stringify({ image: 7 })));
    expect(failure).toMatchObject({
      code: 'bad_request',
      message: 'image: expected base64 or a data URI as a string',
    });
    expect(fieldsOf(failure)).toEqual(['image']);
  });
});

describe('a form', () => {
  it('is refused as its JSON would be', async () => {
    const broken = await refused(await client.postForm('/v1/search', { json: '{bad' }));
    expect(broken).toMatchObject({
      code: 'invalid_json',
      message: expect.stringMatching(/^json: expected JSON/),
    });
    const list = await refused(await client.postForm('/v1/search', { json: '[]' }));
    expect(list).toMatchObject({
      code: 'bad_request',
      message: expect.stringMatching(/^json: .*object/),
    });
    const wrong = { text: 'dog', limit: 'all', colour: 'red', shape: 'round' };
    const failure = await refused(await client.postForm('/v1/search', wrong));
    expect([...fieldsOf(failure)!].sort()).toEqual(['colour', 'limit', 'shape']);
  });
});

describe('a body that may be left out', () => {
  it('is taken as one without fields', async () => {
    const model = { id: 'm', hash: 'hash-of-m', embedDim: 4 };
    vi.stubGlobal('fetch', async () => Response.json({ model }));
    const response = await send('POST', '/v1/collections/birds/reindex');
    expect(response.status).toBe(202);
  });
});

describe('items', () => {
  const image = (value: unknown) => ({ id: 'a', image: value });
  const cases = [
    [{ id: 'a', colour: 'red' }, ['colour']],
    [{ id: 'a', captions: ['a', 5] }, ['captions.1']],
    [{ id: 'a', title: 5, tags: 'b' }, ['title', 'tags']],
    ['text', ['']],
    [image(5), ['image']],
    [image({ base64: 5 }), ['image.base64']],
    [image({ upload: 'x' }), ['image.upload']],
    [image({ url: 'https://a.test/', colour: 'red' }), ['image.colour']],
    [image({ colour: 'red' }), ['image']],
  ] as const;
  const given = cases.map(([item]) => item);

  const expectIssues = (results: readonly { error: Failure }[]) => {
    expect(results.map(({ error }) => error.code)).toEqual(cases.map(() => 'bad_request'));
    expect(results.map(({ error }) => fieldsOf(error))).toEqual(cases.map(([, fields]) => fields));
  };

  it('are told their wrong fields, each by itself', async () => {
    const body = JSON.stringify({ items: given });
    const response = await send('POST', '/v1/collections/birds/items', body);
    expect(response.status).toBe(200);
    expectIssues((await response.json<{ results: { error: Failure }[] }>()).results);
  });

  it('are told them line by line, and which line is no JSON', async () => {
    const lines = [...given.map((item) => JSON.stringify(item)), '', '{bad'];
    const type = 'application/x-ndjson';
    const response = await send('POST', '/v1/collections/birds/items', lines.join('\n'), type);
    const answers = new TextDecoder()
      .decode(await response.arrayBuffer())
      .trim()
      .split('\n');
    const results = answers.map((line) => JSON.parse(line) as { error: Failure });
    expectIssues(results.slice(0, given.length));
    expect(results[given.length]).toEqual({
      id: null,
      status: 'failed',
      error: { code: 'invalid_json', message: 'line 11: expected JSON in UTF-8' },
    });
  });
});

describe('a query', () => {
  it.each([
    ['GET', '/v1/collections/birds/items?limit=none', 'limit'],
    ['GET', '/v1/collections/birds/items?hasImage=perhaps', 'hasImage'],
    ['GET', '/v1/collections/birds/items?colour=red', 'colour'],
    ['GET', '/v1/collections/birds/jobs?before=', 'before'],
    ['GET', '/v1/collections/birds/jobs?colour=red', 'colour'],
    ['GET', '/v1/objects?colour=red', 'colour'],
    ['PUT', '/v1/objects/a/b?uploadId=x', 'part'],
    ['PUT', '/v1/objects/a/b?uploadId=x&part=0', 'part'],
    ['POST', '/v1/objects/a/b', ''],
    ['DELETE', '/v1/objects/a/b?uploadId=', 'uploadId'],
  ])('of %s %s is refused', async (method, path, field) => {
    const failure = await refused(await send(method, path));
    expect(failure.code).toBe('bad_request');
    expect(failure.message.startsWith(`${field || 'query'}: `)).toBe(true);
    expect(fieldsOf(failure)).toEqual([field]);
  });
});
