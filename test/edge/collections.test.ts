import { beforeEach, describe, expect, it } from 'vitest';
import {
  collectionSchema,
  collectionsResponseSchema,
  type SearchResponse,
} from '../../src/http/api.ts';
import { activeKey, deletedKey, modelKey, versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { bindings, createClient, failureOf, faultOf, fillBucket, fixture } from './client.ts';
import {
  countReads,
  damageObject,
  editItems,
  editManifest,
  keyOf,
  publishCopy,
  readManifest,
} from './versions.ts';

const { ARTIFACTS: bucket } = bindings;
const query = { text: 'dog', limit: 1 };
const previews = keyOf('previews.bin');
/** The files of a version that a search needs. */
const versionNames = [
  'manifest.json',
  'items.table',
  'captions.table',
  'keywords.json',
  'image.bin',
  'caption.bin',
];

beforeEach(() => fillBucket());

describe('loading a collection', () => {
  it('reads every object once, however many ask at the same time', async () => {
    const { reads, env } = countReads();
    const client = createClient({}, env);
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => client.post('/v1/search', query)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
    await client.post('/v1/search', query);
    // Files that may change are read again.
    const changing = [activeKey('pictograms'), deletedKey('pictograms')];
    const counts = [...reads].filter(([key]) => !changing.includes(key));
    expect(counts.length).toBeGreaterThan(8);
    expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
  });

  it('tries again after a failure', async () => {
    const client = createClient({ pointerMs: 0 });
    await bucket.delete(keyOf('captions.table'));
    for (let i = 0; i < 2; i++) {
      const { status, code, message } = await faultOf(() => client.post('/v1/search', query));
      expect({ status, code }).toEqual({ status: 500, code: 'index_unreadable' });
      expect(message).toContain('captions.table');
    }
    await fillBucket();
    expect((await client.post('/v1/search', query)).status).toBe(200);
  });

  it('goes over to the version that becomes active, and refuses cursors of the one before', async () => {
    const client = createClient({ pointerMs: 0 });
    const before = await (await client.post('/v1/search', query)).json<SearchResponse>();
    await publishCopy('other');
    await client.post('/v1/search', query);
    const after = await client.post('/v1/search', query);
    expect((await after.json<SearchResponse>()).index.version).toBe('other');
    const cursor = before.nextCursor;
    const failure = await failureOf(await client.post('/v1/search', { ...query, cursor }));
    expect(failure).toMatchObject({ status: 400, code: 'bad_request' });
    expect(failure.message).toContain('search again');
  });

  it('believes the pointer for a while', async () => {
    const { reads, env } = countReads();
    const client = createClient({ pointerMs: 60_000 }, env);
    for (let i = 0; i < 3; i++) await client.post('/v1/search', query);
    expect(reads.get(activeKey('pictograms'))).toBe(1);
  });

  it('forgets the collection used longest ago when the budget is spent', async () => {
    const manifest = await readManifest();
    for (const { key } of (await bucket.list({ prefix: keyOf('') })).objects) {
      const object = await bucket.get(key);
      await bucket.put(key.replace('/pictograms/', '/second/'), await object!.arrayBuffer());
    }
    const second = versionKey('second', fixture.version, 'manifest.json');
    await bucket.put(second, JSON.stringify({ ...manifest, collection: 'second' }));
    await bucket.put(activeKey('second'), JSON.stringify({ version: fixture.version }));
    const { reads, env } = countReads();
    const client = createClient({ budgetBytes: manifest.memory.total }, env);
    for (const collection of ['pictograms', 'second', 'second', 'pictograms']) {
      expect((await client.post('/v1/search', { ...query, collection })).status).toBe(200);
    }
    expect(reads.get(keyOf('image.bin'))).toBe(2);
    expect(reads.get(versionKey('second', fixture.version, 'image.bin'))).toBe(1);
  });

  it.each([
    [
      'a damaged vector file',
      () => damageObject(keyOf('image.bin')),
      'index_unreadable',
      /image\.bin.*checksum/,
    ],
    [
      'a vector file cut short',
      async () => {
        const bytes = new Uint8Array(await (await bucket.get(keyOf('image.bin')))!.arrayBuffer());
        await bucket.put(keyOf('image.bin'), bytes.slice(0, -64));
      },
      'index_unreadable',
      /image\.bin: expected \d+ bytes, got \d+/,
    ],
    [
      'a changed items file',
      () => damageObject(keyOf('items.table')),
      'index_unreadable',
      /items\.table.*SHA-256/,
    ],
    [
      'captions that were appended to',
      async () => {
        const captions = await (await bucket.get(keyOf('captions.table')))!.bytes();
        await bucket.put(keyOf('captions.table'), new Uint8Array([...captions, 0]));
      },
      'index_unreadable',
      /captions\.table: expected \d+ bytes, got \d+/,
    ],
    [
      'damaged keywords',
      () => damageObject(keyOf('keywords.json')),
      'index_unreadable',
      /keywords\.json: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}/,
    ],
    [
      'a manifest of another version',
      () => editManifest((m) => ({ ...m, version: 'another' })),
      'index_unreadable',
      /manifest\.json: expected collection pictograms, version \S+, got pictograms, another/,
    ],
    [
      'a manifest that does not list a file',
      () => editManifest(({ files: { 'captions.table': _, ...files }, ...m }) => ({ ...m, files })),
      'index_unreadable',
      /manifest\.json: files: expected captions\.table, got none/,
    ],
    [
      'a manifest of more items than there are',
      () => editManifest((m) => ({ ...m, image: { ...m.image, count: 17 } })),
      'index_unreadable',
      /items\.table: expected 17 entries as the manifest says, got 16/,
    ],
    [
      'a damaged tokenizer',
      () => damageObject(modelKey(fixture.modelHash, 'tokenizer.json')),
      'index_unreadable',
      /tokenizer\.json: expected SHA-256/,
    ],
    [
      'a manifest of another format',
      () => editManifest((m) => ({ ...m, formatVersion: 9 }) as unknown as Manifest),
      'index_unreadable',
      /manifest\.json.*formatVersion/s,
    ],
    [
      'a manifest whose searches would be refused',
      () => editManifest((m) => ({ ...m, image: { ...m.image, efSearch: 1e9 } })),
      'index_unreadable',
      /manifest\.json.*512.*image\.efSearch/s,
    ],
    [
      'a manifest whose scores would be no numbers',
      () => editManifest((m) => ({ ...m, fusion: { ...m.fusion, vector: 1e308 } })),
      'index_unreadable',
      /manifest\.json.*fusion\.vector/s,
    ],
    [
      'items whose previews lie outside of the file',
      () => editItems((item) => ({ ...item, preview: { ...item.preview, offset: 1e9 } })),
      'index_unreadable',
      /items\.table: expected previews within \d+ bytes of previews\.bin, got one that ends at \d+/,
    ],
    [
      'damaged weights',
      async () => {
        const key = modelKey(fixture.modelHash, 'text.bin');
        const bytes = new Uint8Array(await (await bucket.get(key))!.arrayBuffer());
        bytes[bytes.length - 1]! ^= 1;
        await bucket.put(key, bytes);
      },
      'index_unreadable',
      /models\/.*text weights: checksum/,
    ],
    [
      'an index that does not fit',
      () => editManifest((m) => ({ ...m, memory: { ...m.memory, total: 2 ** 30 } })),
      'index_too_large',
      /bytes of memory/,
    ],
  ])('refuses %s', async (_name, damage, code, message) => {
    await damage();
    const failure = await faultOf(() => createClient().post('/v1/search', query));
    expect(failure.code).toBe(code);
    expect(failure.message).toMatch(message);
  });

  it.each([
    [
      'an index of another model',
      () => editManifest((m) => ({ ...m, model: { ...m.model, embedDim: 64 } })),
      /embedDim 64.*32/,
    ],
    [
      'a model folder that holds another model',
      async () => {
        const key = modelKey(fixture.modelHash, 'model.json');
        const model = await (await bucket.get(key))!.json<object>();
        await bucket.put(key, JSON.stringify({ ...model, hash: 'another' }));
      },
      /another/,
    ],
  ])('refuses %s', async (_name, damage, message) => {
    await damage();
    const failure = await failureOf(await createClient().post('/v1/search', query));
    expect(failure.code).toBe('model_mismatch');
    expect(failure.message).toMatch(message);
  });

  it.each([
    ...versionNames.map((name) => [name, keyOf(name)]),
    ...['model.json', 'text.bin', 'image.bin', 'tokenizer.json'].map((name) => [
      `the model's ${name}`,
      modelKey(fixture.modelHash, name),
    ]),
  ])('refuses a collection without %s', async (_name, key) => {
    await bucket.delete(key);
    const failure = await faultOf(() => createClient().post('/v1/search', query));
    expect(failure).toEqual({
      status: 500,
      code: 'index_unreadable',
      message: expect.stringContaining(`${key}: expected an object, got none`),
    });
  });

  it.each([
    ['missing', () => bucket.delete(previews), /previews\.bin: expected an object, got none/],
    ['empty', () => bucket.put(previews, ''), /previews\.bin: expected \d+ bytes/],
    [
      'longer than they were',
      async () => {
        const whole = await (await bucket.get(previews))!.arrayBuffer();
        await bucket.put(previews, new Blob([whole, 'x']));
      },
      /previews\.bin: expected \d+ bytes, got \d+/,
    ],
  ])('refuses to show pictures that are %s', async (_name, damage, message) => {
    await damage();
    const path = '/v1/collections/pictograms/items/round:dog/image';
    const failure = await faultOf(() => createClient().request(path));
    expect(failure).toMatchObject({ status: 500, code: 'index_unreadable' });
    expect(failure.message).toMatch(message);
  });
});

describe('GET /v1/collections', () => {
  const client = createClient({ pointerMs: 0 });

  it('lists what can be searched, and leaves out what cannot', async () => {
    await bucket.put(versionKey('unfinished', '1', 'image.bin'), 'x');
    await bucket.put(activeKey('broken'), '{}');
    const response = await client.request('/v1/collections');
    const { collections } = collectionsResponseSchema.parse(await response.json());
    expect(collections.find(({ name }) => name === 'pictograms')).toMatchObject({
      version: fixture.version,
      items: 16,
      captions: 8,
      model: { id: 'tiny', embedDim: 32 },
    });
    expect(collections.map(({ name }) => name)).not.toContain('unfinished');
    expect(collections.map(({ name }) => name)).not.toContain('broken');
  });

  it('describes one', async () => {
    const response = await client.request('/v1/collections/pictograms');
    expect(collectionSchema.parse(await response.json()).version).toBe(fixture.version);
    for (const path of [
      '/v1/collections/x',
      '/v1/collections/..%2fx',
      '/v1/collections/..%2fx/items/a',
    ]) {
      const failure = await failureOf(await client.request(path));
      expect(failure).toMatchObject({ status: 404, code: 'unknown_collection' });
    }
  });

  it('of a name that is no more taken can be listed, and every other route says so', async () => {
    const name = `old-${'x'.repeat(60)}`;
    const manifest = { ...(await readManifest()), collection: name };
    await bucket.put(activeKey(name), JSON.stringify({ version: manifest.version }));
    const key = versionKey(name, manifest.version, 'manifest.json');
    await bucket.put(key, JSON.stringify(manifest));
    const { collections } = collectionsResponseSchema.parse(
      await (await client.request('/v1/collections')).json(),
    );
    expect(collections.map((collection) => collection.name)).toContain(name);
    const answers = [
      ...[`/v1/collections/${name}`, `/v1/collections/${name}/items/a`].map((path) =>
        client.request(path),
      ),
      client.post('/v1/search', { ...query, collection: name }),
      client.post(`/v1/collections/${name}/items`, { items: [] }),
    ];
    for (const answer of answers) {
      const { status, message } = await failureOf(await answer);
      expect([400, 404]).toContain(status);
      expect(message).toContain('listed and removed with diptych versions');
    }
  });
});

describe('GET /v1/collections/:collection/items/:id', () => {
  const client = createClient();
  const path = '/v1/collections/pictograms/items/round%3Adog';

  it('describes an item', async () => {
    const item = await (await client.request(path)).json<{ imageUrl: string }>();
    expect(item).toMatchObject({ id: 'round:dog', title: 'dog', set: 'round' });
    expect(item).toMatchObject({ width: 64, height: 48 });
    expect((await client.request(item.imageUrl)).status).toBe(200);
    const failure = await failureOf(await client.request(`${path}x`));
    expect(failure).toMatchObject({ status: 404, code: 'unknown_item' });
  });

  it('serves its image, which can do nothing but be seen', async () => {
    const response = await client.request(`${path}/image?v=${fixture.version}`);
    const svg = await response.text();
    expect(svg).toMatch(/^<svg.*<circle.*<\/svg>$/);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/svg+xml',
      'content-length': String(svg.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'x-content-type-options': 'nosniff',
    });
  });

  it('lets an address without the version be cached for a short time', async () => {
    for (const address of [`${path}/image`, `${path}/image?v=old`]) {
      const response = await client.request(address);
      expect(response.headers.get('cache-control')).toBe('public, max-age=60');
      await response.text();
    }
  });

  it('needs neither vectors nor model', async () => {
    const { reads, env } = countReads();
    await (await createClient({}, env).request(`${path}/image`)).text();
    expect([...reads.keys()].map((key) => key.split('/').at(-1)).sort()).toEqual([
      'active.json',
      'deleted.json',
      'items.table',
      'manifest.json',
      'previews.bin',
    ]);
  });
});
