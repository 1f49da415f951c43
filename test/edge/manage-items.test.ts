import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createApiKey, type ApiKeyScope } from '../../src/catalogue/api-keys.ts';
import { deletedKey } from '../../src/version/keys.ts';
import { bindings, createClient, failureOf, fixture } from './client.ts';
import { adminEnv, catalogue, migrateCatalogue, adminToken } from './admin.ts';

const client = createClient({}, adminEnv);
const png = Object.values(fixture.uploads)[0]!;
const items = '/v1/collections/things/items';

interface Batch {
  counts: Record<string, number>;
  results: { id: string | null; status: string; error?: { code: string; message: string } }[];
}

beforeAll(async () => {
  await migrateCatalogue();
});

afterEach(() => vi.unstubAllGlobals());

const ask = (path: string, init: RequestInit = {}, key = adminToken) =>
  client.request(path, { ...init, headers: { authorization: `Bearer ${key}`, ...init.headers } });

const send = (path: string, body: unknown, key?: string) =>
  ask(
    path,
    { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    key,
  );

const ingest = async (list: readonly object[], path = items): Promise<Batch> =>
  (await send(path, { items: list })).json<Batch>();

/** Whether the catalogue has a collection: only such a one can be indexed. */
async function isThere(collection: string): Promise<boolean> {
  vi.stubGlobal('fetch', async () => Response.json({ model: { id: 'm', hash: 'h', embedDim: 4 } }));
  const { status } = await send(`/v1/collections/${collection}/reindex`, {});
  expect([202, 404]).toContain(status);
  return status === 202;
}

async function listed(query = '', path = items): Promise<{ ids: string[]; next: string | null }> {
  const response = await ask(`${path}${query}`);
  const body = await response.json<{ items: { id: string }[]; next: string | null }>();
  return { ids: body.items.map(({ id }) => id), next: body.next };
}

describe('items', () => {
  it('are created, then unchanged, then updated', async () => {
    const dog = { id: 'dog', image: png, captions: ['a dog'], set: 'pets' };
    expect(await ingest([dog])).toMatchObject({ counts: { created: 1 } });
    expect(await ingest([dog])).toMatchObject({ counts: { unchanged: 1 } });
    expect(await ingest([{ ...dog, captions: ['a puppy'] }])).toMatchObject({
      counts: { updated: 1 },
    });
    const response = await ask(items);
    const { items: list } = await response.json<{ items: object[] }>();
    expect(list).toEqual([
      expect.objectContaining({ id: 'dog', title: 'a puppy', captions: ['a puppy'], set: 'pets' }),
    ]);
    expect(list).toMatchObject([{ width: 128, height: 128 }]);
  });

  it('keep their metadata as it was sent', async () => {
    const path = '/v1/collections/metadata/items';
    const metadata =
      '{"big":"12345678901234567890","far":"1e400","half":"\\ud83d","__proto__":{"a":1},"constructor":1}';
    const sent = metadata.replaceAll(/"(1[\de]+)"/g, '$1');
    const post = (body: string, type: string) =>
      ask(path, { method: 'POST', headers: { 'content-type': type }, body });
    const item = (id: string) => `{"id":"${id}","metadata":${sent}}`;
    await (await post(`{"items":[${item('json')}]}`, 'application/json')).text();
    await (await post(item('ndjson'), 'application/x-ndjson')).text();
    const listing = await (await ask(path)).text();
    expect(listing.split(`"metadata":${metadata}`)).toHaveLength(3);
  });

  it('fail alone where a text or an id has half of a surrogate pair', async () => {
    const { counts, results } = await ingest([
      { id: 'x\ud83d' },
      { id: 'title', title: '\ude00 x' },
      { id: 'caption', captions: ['fine', 'x\ud83d'] },
      { id: 'tag', tags: ['\ud83dx'] },
      { id: 'whole', title: '😀' },
    ]);
    expect(counts).toEqual({ failed: 4, created: 1 });
    expect(results.map(({ error }) => error?.message.split(':')[0])).toEqual([
      'id',
      'title',
      'captions.1',
      'tags.0',
      undefined,
    ]);
    expect((await send(`${items}/delete`, { ids: ['x\ud83d'] })).status).toBe(400);
  });

  it('fail alone where their metadata is no object, or too deep', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    const { results } = await ingest([
      { id: 'list', metadata: [1] },
      { id: 'deep', metadata: { a: nested(100) } },
      { id: 'fine', metadata: { a: nested(99) } },
    ]);
    expect(results.map(({ error, status }) => error?.message ?? status)).toEqual([
      'metadata: expected an object',
      'metadata: expected at most 100 levels',
      'created',
    ]);
  });

  it('keep what an update does not mention, and lose what it sets to null', async () => {
    const path = '/v1/collections/kept/items';
    const stored = async () => {
      const response = await ask(path);
      return (await response.json<{ items: Record<string, unknown>[] }>()).items[0]!;
    };
    const cat = {
      ...{ id: 'cat', image: png, title: 'A cat', captions: ['a cat sits'], tags: ['pet'] },
      ...{ set: 'pets', label: 'animal', metadata: { page: 3 } },
    };
    await ingest([cat], path);
    const { contentHash: _hash, updatedAt: _time, ...before } = await stored();
    const { imageHash } = before;
    expect(imageHash).toMatch(/^[0-9a-f]{64}$/);

    expect(await ingest([{ id: 'cat' }], path)).toMatchObject({ counts: { unchanged: 1 } });
    const renamed = [{ id: 'cat', title: 'Tom' }];
    expect(await ingest(renamed, path)).toMatchObject({ counts: { updated: 1 } });
    expect(await stored()).toMatchObject({ ...before, title: 'Tom' });

    const lists = [
      { id: 'cat', captions: [] },
      { id: 'cat', tags: null },
      { id: 'cat', set: null },
    ];
    expect(await ingest(lists, path)).toMatchObject({ counts: { updated: 3 } });
    const left = { captions: [], tags: [], set: null, title: 'Tom', label: 'animal', imageHash };
    expect(await stored()).toMatchObject({ ...left, width: 128, metadata: { page: 3 } });

    const rest = { image: null, title: null, label: null, metadata: null };
    expect(await ingest([{ id: 'cat', ...rest }], path)).toMatchObject({ counts: { updated: 1 } });
    expect(await stored()).toMatchObject({
      ...{ title: 'cat', label: null, metadata: null },
      ...{ imageHash: null, width: null, height: null },
    });
  });

  it('have nothing of what they were when they come back after a deletion', async () => {
    const path = '/v1/collections/back/items';
    await ingest([{ id: 'fox', image: png, captions: ['a fox'] }], path);
    await ask(`${path}/fox`, { method: 'DELETE' });
    const again = await ingest([{ id: 'fox', label: 'animal' }], path);
    expect(again).toMatchObject({ counts: { created: 1 } });
    const { items: list } = await (await ask(path)).json<{ items: object[] }>();
    expect(list).toMatchObject([{ id: 'fox', imageHash: null, captions: [], label: 'animal' }]);
  });

  it('fail alone, each with what was wrong', async () => {
    const path = '/v1/collections/mixed/items';
    const { counts, results } = await ingest(
      [
        { id: 'good', image: png },
        { id: 'no-picture', image: btoa('hello') },
        { id: 'extra', colour: 'red' },
        { id: 'upload', image: { upload: '0'.repeat(26) } },
        { id: 'elsewhere', image: { url: 'https://example.com/a.png' } },
        { image: png },
      ],
      path,
    );
    expect(counts).toEqual({ created: 1, failed: 5 });
    expect(results.map(({ id, status, error }) => [id, error?.code ?? status])).toEqual([
      ['good', 'created'],
      ['no-picture', 'unsupported_image'],
      ['extra', 'bad_request'],
      ['upload', 'not_found'],
      ['elsewhere', 'url_refused'],
      [null, 'bad_request'],
    ]);
    expect((await listed('', path)).ids).toEqual(['good']);
  });

  it('are stored again when the store has lost their images, new and unchanged ones', async () => {
    const path = '/v1/collections/lost/items';
    const old = { id: 'old', image: Object.values(fixture.uploads)[1]! };
    await ingest([old], path);
    const packs = async () => (await bindings.ARTIFACTS.list({ prefix: 'images/' })).objects;
    const before = await packs();
    for (const { key } of before) {
      expect((await ask(`/v1/objects/${key}`, { method: 'DELETE' })).status).toBe(204);
    }
    expect(await ingest([{ ...old, id: 'new' }], path)).toMatchObject({ counts: { created: 1 } });
    expect(await packs()).toHaveLength(1);
    await bindings.ARTIFACTS.delete((await packs())[0]!.key);
    expect(await ingest([old], path)).toMatchObject({ counts: { unchanged: 1 } });
    expect(await packs()).toHaveLength(1);
  });

  it('come as a stream of lines, and each is answered', async () => {
    const path = '/v1/collections/stream/items';
    const lines = [
      ...Array.from({ length: 250 }, (_, i) => JSON.stringify({ id: `item-${i}`, title: `${i}` })),
      'this is no JSON',
      '',
    ];
    const response = await ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    const answers = (await response.text()).trim().split('\n');
    const last: unknown = JSON.parse(answers.pop()!);
    expect(last).toEqual({ counts: { created: 250, failed: 1 } });
    expect(answers).toHaveLength(251);
    expect(JSON.parse(answers[250]!)).toMatchObject({ id: null, status: 'failed' });
  });

  it.each([
    ['a body that is no JSON', '{bad', 'application/json'],
    ['a batch with an unknown field', '{"items": [], "colour": 1}', 'application/json'],
    ['a type that is not read', '{"items": []}', 'text/csv'],
    ['a batch of malformed items alone', '{"items": [{"colour": "red"}, 5]}', 'application/json'],
    ['a stream of malformed lines alone', '{"colour": "red"}\nno JSON', 'application/x-ndjson'],
  ])('create no collection by %s', async (_what, body, type) => {
    const path = '/v1/collections/malformed/items';
    const init = { method: 'POST', headers: { 'content-type': type }, body };
    await (await ask(path, init)).text();
    expect(await isThere('malformed')).toBe(false);
  });

  it('create a collection by the first good line of a stream', async () => {
    const path = '/v1/collections/late/items';
    const bad = Array.from({ length: 150 }, (_, i) => `line ${i} is no JSON`);
    const response = await ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: [...bad, '{"id": "good"}'].join('\n'),
    });
    const answers = (await response.text()).trim().split('\n');
    expect(JSON.parse(answers.pop()!)).toEqual({ counts: { created: 1, failed: 150 } });
    expect((await listed('', path)).ids).toEqual(['good']);
    expect(await isThere('late')).toBe(true);
  });

  it('create a collection by an empty batch', async () => {
    await ingest([], '/v1/collections/empty/items');
    expect(await isThere('empty')).toBe(true);
  });

  it('may name an image that was uploaded before', async () => {
    const path = '/v1/collections/uploaded/items';
    const made = await ask('/v1/uploads', { method: 'POST' });
    const { upload, url } = await made.json<{ upload: string; url: string }>();
    const body = Uint8Array.from(atob(png), (character) => character.charCodeAt(0));
    const put = await ask(new URL(url).pathname, { method: 'PUT', body });
    expect(await put.json()).toEqual({ upload, bytes: body.length });
    expect(await ingest([{ id: 'a', image: { upload } }], path)).toMatchObject({
      counts: { created: 1 },
    });
    expect(await ingest([{ id: 'a', image: png }], path)).toMatchObject({
      counts: { unchanged: 1 },
    });
  });

  it('are listed by pages and filters', async () => {
    const path = '/v1/collections/pages/items';
    const id = (i: number) => `n-${String(i).padStart(2, '0')}`;
    await ingest(
      Array.from({ length: 30 }, (_, i) => ({ id: id(i), set: i % 3 === 0 ? 'third' : 'rest' })),
      path,
    );
    const first = await listed('?limit=20', path);
    const second = await listed(`?limit=20&after=${first.next}`, path);
    expect([...first.ids, ...second.ids]).toEqual(Array.from({ length: 30 }, (_, i) => id(i)));
    expect(second.next).toBeNull();
    expect((await listed('?set=third', path)).ids).toHaveLength(10);
    expect((await listed('?hasImage=true', path)).ids).toEqual([]);
    const wrong = await ask(`${path}?limit=none`);
    expect(await failureOf(wrong)).toMatchObject({ status: 400, code: 'bad_request' });
  });

  it('are deleted, and the edge is told', async () => {
    const path = '/v1/collections/gone/items';
    await ingest([{ id: 'a' }, { id: 'b' }, { id: 'c' }], path);
    const one = await ask(`${path}/a`, { method: 'DELETE' });
    expect(await one.json()).toEqual({ results: [{ id: 'a', status: 'deleted' }] });
    const more = await send(`${path}/delete`, { ids: ['a', 'b'] });
    expect(await more.json()).toEqual({
      results: [
        { id: 'a', status: 'absent' },
        { id: 'b', status: 'deleted' },
      ],
    });
    expect((await listed('', path)).ids).toEqual(['c']);
    const overlay = () => bindings.ARTIFACTS.get(deletedKey('gone'));
    expect(await (await overlay())!.json()).toEqual({ ids: ['a', 'b'] });
    expect(await ingest([{ id: 'a' }], path)).toMatchObject({ counts: { created: 1 } });
  });
});

describe('keys', () => {
  it('allow what their scopes say', async () => {
    const keyOf = async (...scopes: ApiKeyScope[]) =>
      (await createApiKey(catalogue, 'test', scopes)).key;
    const [reader, writer] = [await keyOf('read'), await keyOf('write')];
    expect((await ask(items, {}, reader)).status).toBe(200);
    expect(await failureOf(await send(items, { items: [] }, reader))).toMatchObject({
      status: 403,
      code: 'forbidden',
    });
    expect((await send(items, { items: [] }, writer)).status).toBe(200);
    for (const wrong of ['diptych_unknown', adminToken.slice(1)]) {
      expect(await failureOf(await ask(items, {}, wrong))).toMatchObject({
        status: 401,
        code: 'unauthorized',
      });
    }
    expect((await client.request(items)).status).toBe(401);
  });
});
