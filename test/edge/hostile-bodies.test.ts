import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SearchResponse } from '../../src/http/api.ts';
import { readRequestBody } from '../../src/http/read-request-body.ts';
import { limits } from '../../src/limits.ts';
import { adminEnv, adminToken, catalogue, migrateCatalogue } from './admin.ts';
import { createCollection } from '../../src/catalogue/collections.ts';
import { bindings, createClient, failureOf, fillBucket, upload } from './client.ts';

const client = createClient({}, adminEnv);

beforeAll(async () => {
  await fillBucket();
  await migrateCatalogue();
  await createCollection(catalogue, 'birds');
});

const authorization = `Bearer ${adminToken}`;
const send = (path: string, body: BodyInit, headers: Record<string, string>, method = 'POST') =>
  client.request(path, { method, body, headers: { authorization, ...headers } });

/** Post a form that is written by hand. */
const postRaw = (body: string | Blob, boundary = 'B') =>
  send('/v1/search', body, { 'content-type': `multipart/form-data; boundary=${boundary}` });
const field = (name: string, value: string) =>
  `--B\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

async function issueOf(response: Response) {
  const { error } = await response.json<{
    error: { code: string; message: string; details: { issues: { field: string }[] } };
  }>();
  return { status: response.status, code: error.code, field: error.details.issues[0]?.field };
}

describe('a form', () => {
  it('is refused at once where it has very many parts, of different names or of one', async () => {
    const most = { status: 413, code: 'payload_too_large' };
    for (const name of [(i: number) => `k${i}`, () => 'text']) {
      const parts = Array.from({ length: 150_000 }, (_, i) => field(name(i), '1')).join('');
      expect(await failureOf(await postRaw(`${parts}--B--\r\n`))).toMatchObject({
        ...most,
        message: `body: expected a form of at most ${limits.formParts} parts, got more`,
      });
    }
  });

  it('may repeat a field for each of the most labels', async () => {
    const body = new FormData();
    body.append('text', 'dog');
    for (let i = 0; i < 1000; i++) body.append('labels', `dog ${i}`);
    const response = await client.request('/v1/classify', { method: 'POST', body });
    expect((await response.json<{ count: number }>()).count).toBe(1000);
  });

  it.each([
    ['an end', field('text', 'dog')],
    ['a boundary in it', 'text=dog'],
    ['names', `--B\r\ncontent-type: text/plain\r\n\r\ndog\r\n--B--\r\n`],
    ['heads that end', `--B\r\ncontent-disposition: form-data; name="${'a'.repeat(9000)}"`],
    ['a boundary in its header', `${field('text', 'dog')}--B--`, ''],
  ])('is refused without %s', async (_what, body, boundary?: string) => {
    expect(await failureOf(await postRaw(body, boundary))).toMatchObject({
      status: 400,
      code: 'bad_request',
    });
  });

  it('is read as browsers and curl write it', async () => {
    const body = `preamble\r\n${field('text', 'dog')}--B  \r\nContent-Disposition: form-data; name=limit\r\nX-Other: 1\r\n\r\n2\r\n--B--\r\nepilogue`;
    const response = await send('/v1/search', body, {
      'content-type': 'multipart/form-data; charset=utf-8; boundary="B"',
    });
    expect((await response.json<SearchResponse>()).count).toBe(2);
    // The bytes of a file may look like a part of the boundary.
    const bytes = new Blob([await upload('square.png').arrayBuffer(), '\r\n--']);
    const image = await client.postForm('/v1/search', { image: bytes, limit: '1' });
    expect(image.status).toBe(200);
  });

  it.each(['__proto__', 'constructor', 'toString'])(
    'has no field %s, neither by itself nor in its json',
    async (name) => {
      const inner = `{"${name}": {"limit": 3}, "text": "dog"}`;
      for (const body of [field('json', inner), `${field('text', 'dog')}${field(name, '3')}`]) {
        expect(await issueOf(await postRaw(`${body}--B--`))).toEqual({
          status: 400,
          code: 'bad_request',
          field: name,
        });
      }
      expect(await issueOf(await client.post('/v1/search', inner))).toMatchObject({ field: name });
    },
  );

  it('with text that is not UTF-8 is refused by the name of its field', async () => {
    const body = new Blob([field('limit', '1'), field('text', 'caf').slice(0, -2)]);
    const latin1 = new Blob([body, Uint8Array.of(0xe9), '\r\n--B--\r\n']);
    const failure = await failureOf(await postRaw(latin1));
    expect(failure).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^text: .*UTF-8/),
    });
  });
});

describe('JSON', () => {
  const json = { 'content-type': 'application/json' };

  it('of very many values is refused before it is parsed', async () => {
    const keys = Array.from({ length: 200_000 }, (_, i) => `"k${i}":1`).join(',');
    for (const path of ['/v1/search', '/v1/captions', '/v1/classify']) {
      expect(await failureOf(await send(path, `{${keys}}`, json))).toMatchObject({
        status: 413,
        code: 'payload_too_large',
      });
    }
    const numbers = `[${'1,'.repeat(200_000)}1]`;
    for (const inner of [field('json', `{${keys}}`), field('vector', numbers)]) {
      expect((await postRaw(`${inner}--B--`)).status).toBe(413);
    }
  });

  it.each(['[', '{"a":'])('of very many levels of %s is refused', async (open) => {
    const metadata = `${open.repeat(20_000)}`;
    const lines = `{"id":"deep","metadata":${metadata}}\n{"id":"good"}`;
    const items = await send('/v1/collections/birds/items', `{"items":[${metadata}]}`, json);
    expect(items.status).toBe(413);
    const type = 'application/x-ndjson';
    const answer = await send('/v1/collections/birds/items', lines, { 'content-type': type });
    expect((await linesOf(answer)).map(({ status }) => status).slice(0, 2)).toEqual([
      'failed',
      expect.stringMatching(/created|unchanged/),
    ]);
  });

  it('may hold an image, whatever its text looks like, and the longest vector', async () => {
    const image = `data:image/png;base64,${'['.repeat(20_000)}`;
    const response = await client.post('/v1/search', JSON.stringify({ image, text: '\\"\\' }));
    expect((await failureOf(response)).code).toBe('unreadable_image');
    const vector = Array.from({ length: 4096 }, () => 0.5);
    expect((await client.post('/v1/search', { vector })).status).toBe(409);
  });
});

async function linesOf(response: Response) {
  const text = new TextDecoder().decode(await response.arrayBuffer());
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id?: string; status?: string; error?: { code: string } });
}

describe('a body in another coding', () => {
  it.each([
    ['POST', '/v1/search'],
    ['POST', '/v1/captions'],
    ['POST', '/v1/classify'],
    ['POST', '/v1/collections/birds/items'],
    ['POST', '/v1/collections/birds/items/delete'],
    ['POST', '/v1/collections/birds/reindex'],
    ['PUT', '/v1/label-sets/kinds'],
    ['PUT', '/v1/objects/a/b'],
  ])('is refused by its name: %s %s', async (method, path) => {
    for (const coding of ['gzip', 'br', 'gzip, identity']) {
      const headers = { 'content-type': 'application/json', 'content-encoding': coding };
      expect(await failureOf(await send(path, '{}', headers, method))).toEqual({
        status: 415,
        code: 'unsupported_coding',
        message: `content-encoding: expected a body that is not compressed, got ${coding}`,
      });
    }
    const latin1 = { 'content-type': 'application/json; charset="iso-8859-1"' };
    const failure = await failureOf(await send(path, '{}', latin1, method));
    expect(failure).toMatchObject({ status: 415, code: 'unsupported_coding' });
    expect(failure.message).toContain('iso-8859-1');
  });

  it('is read where it is UTF-8 by another name', async () => {
    for (const charset of ['UTF-8', 'utf8', '"utf-8"', 'us-ascii']) {
      const headers = { 'content-type': `application/json;charset=${charset}` };
      expect((await send('/v1/search', '{"text":"dog"}', headers)).status).toBe(200);
    }
  });

  it('is the fault of its line alone, among lines', async () => {
    const body = new Blob(['{"id":"a"}\r\n \r\n{"id":"caf', Uint8Array.of(0xe9), '"}\n{"id":"b"}']);
    const type = 'application/x-ndjson';
    const answer = await send('/v1/collections/birds/items', body, { 'content-type': type });
    const [a, bad, b] = await linesOf(answer);
    expect([a, b]).toMatchObject([{ id: 'a' }, { id: 'b' }]);
    expect(bad).toMatchObject({
      status: 'failed',
      error: {
        code: 'invalid_json',
        message: 'line 3: expected JSON in UTF-8, got bytes that are not UTF-8',
      },
    });
  });
});

it('a body that stops coming is given up', async () => {
  const cancel = vi.fn();
  const body = new ReadableStream({ pull: () => new Promise(() => {}), cancel });
  const request = new Request('https://edge.test/', { method: 'POST', body });
  await expect(readRequestBody(request, 100, 5)).rejects.toMatchObject({ code: 'request_timeout' });
  expect(cancel).toHaveBeenCalled();
});

describe('a client that hangs up', () => {
  let logged: Record<string, unknown>[];
  beforeEach(() => {
    logged = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => {
      logged.push(JSON.parse(line) as Record<string, unknown>);
    });
  });
  afterEach(() => vi.restoreAllMocks());

  /** A body that breaks off after a few bytes, as the runtime passes it on. */
  const broken = () =>
    new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"text":')),
      pull: (controller) => controller.error(new Error('Network connection lost.')),
    });

  it.each([
    ['POST', '/v1/search', 'application/json'],
    ['POST', '/v1/search', 'multipart/form-data; boundary=B'],
    ['POST', '/v1/collections/birds/items', 'application/json'],
    ['PUT', '/v1/uploads/01ARZ3NDEKTSV4RRFFQ69G5FAV', 'image/png'],
    ['PUT', '/v1/objects/a/b', 'application/json'],
  ])('in the middle of %s %s is no fault of the server', async (method, path, type) => {
    const headers = { 'content-type': type, 'content-length': '1000' };
    await send(path, broken(), headers, method);
    expect(logged).toMatchObject([{ method, path, status: 499 }]);
    expect(logged[0]).not.toHaveProperty('stack');
  });
});

it('a store that fails before it reads the body is told at once', async () => {
  const down = () => Promise.reject(new Error('put: it is down (10001)'));
  const away = new Proxy(bindings.ARTIFACTS, {
    get: (bucket, name) => (name === 'put' ? down : Reflect.get(bucket, name)),
  });
  const { request } = createClient({}, { ...adminEnv, ARTIFACTS: away });
  const body = new Uint8Array(1_000_000);
  const headers = { authorization, 'content-length': String(body.byteLength) };
  const answer = await request('/v1/objects/a/b', { method: 'PUT', body, headers });
  expect(answer.status).toBe(500);
});
