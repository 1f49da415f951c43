import { describe, expect, test } from 'vitest';
import { deleteVectors } from '../../gpu-embedder/operate/vectorize/delete-vectors.ts';
import type { Clock } from '../../gpu-embedder/common/clock.ts';
import { uploadVectors } from '../../gpu-embedder/operate/vectorize/upload-vectors.ts';
import {
  accountOf,
  openVectorizeIndex,
} from '../../gpu-embedder/operate/vectorize/vectorize-rest.ts';
import { openVectorize } from '../../workers/vectors/vectorize-search.ts';
import { clusteredVectors, rowsOf } from '../index/clustered-vectors.ts';
import { refusal, serveVectorize } from '../support/vectorize-rest-stand-in.ts';
import { createVectorizeStandIn, type StandInOptions } from '../support/vectorize-stand-in.ts';
import { cloudManifest } from './cloud-manifest.ts';

const dim = 8;
const image = clusteredVectors(2500, dim, 1);
const caption = clusteredVectors(30, dim, 2);
const vectors = { image, caption };
const manifest = cloudManifest({ dim, ...vectors });

/** Make an index behind its HTTP API, and a clock that advances when somebody waits. */
function setUp(options: Partial<StandInOptions> & { metric?: string; token?: string } = {}) {
  const { metric, token = 'token', ...rest } = options;
  const standIn = createVectorizeStandIn({ dimensions: dim, ...rest });
  const api = serveVectorize(standIn, { dimensions: options.dimensions ?? dim, metric });
  const account = { accountId: 'account', apiToken: token, fetch: api.fetch };
  const waits: number[] = [];
  const clock: Clock = {
    now: () => waits.reduce((sum, ms) => sum + ms, 0),
    wait: async (ms) => void waits.push(ms),
  };
  const sizes = (method: string) =>
    standIn.calls.filter((call) => call.method === method).map(({ size }) => size);
  return { standIn, api, index: openVectorizeIndex('pictures', account), clock, waits, sizes };
}

describe('upload', () => {
  test('sends all vectors in legal batches, and they are found', async () => {
    const { standIn, index, clock, sizes } = setUp();
    const progress: string[] = [];
    const onProgress = (done: number, total: number) => progress.push(`${done}/${total}`);
    expect(await uploadVectors(index, manifest, vectors, { clock, onProgress })).toBe(2530);
    expect(sizes('upsert')).toEqual([1000, 1000, 500, 30]);
    expect(progress).toEqual(['1000/2530', '2000/2530', '2500/2530', '2530/2530']);
    expect(standIn.stored.size).toBe(2530);
    for (const kind of ['image', 'caption'] as const) {
      const search = await openVectorize(standIn, manifest, kind);
      const rows = rowsOf(vectors[kind], dim);
      for (const id of [0, 7, rows.length - 1]) {
        expect([...(await search.vector(id))]).toEqual([...rows[id]]);
        expect((await search.search(rows[id], 1)).ids[0]).toBe(id);
      }
    }
  });

  test('a batch that fails is sent again, and no vector is stored twice', async () => {
    const { standIn, api, index, clock, waits, sizes } = setUp();
    // The calls of describe, getByIds and info come first.
    const upsertFails = [new Error('connection reset'), refusal(503, 0, 'try later')];
    let calls = 0;
    const failing = { ...index };
    failing.upsert = (rows) => {
      if (++calls === 2) api.answer(...upsertFails);
      return index.upsert(rows);
    };
    await uploadVectors(failing, manifest, vectors, { clock });
    expect(waits).toEqual([1000, 2000]);
    expect(sizes('upsert')).toEqual([1000, 1000, 500, 30]);
    expect(standIn.stored.size).toBe(2530);
  });

  test('waits for as long as the service asks, and gives up after six attempts', async () => {
    const { api, index, clock, waits } = setUp();
    const busy = () => refusal(429, 40041, 'Too Many Requests', { 'retry-after': '60' });
    api.answer(busy(), refusal(400, 40041, 'Too Many Requests'));
    await uploadVectors(index, manifest, vectors, { clock });
    expect(waits).toEqual([60_000, 2000]);
    api.answer(...Array.from({ length: 6 }, busy));
    await expect(uploadVectors(index, manifest, vectors, { clock })).rejects.toMatchObject({
      code: 'vectorize_failed',
      message:
        'Vectorize index pictures: /: expected success, got status 429, Too Many Requests (code 40041)',
    });
  });

  test('continues where it was interrupted', async () => {
    const { standIn, index, clock, sizes } = setUp();
    const onProgress = (done: number) => {
      if (done === 2000) throw new Error('interrupted by the test');
    };
    await expect(uploadVectors(index, manifest, vectors, { clock, onProgress })).rejects.toThrow(
      'interrupted by the test',
    );
    expect(await uploadVectors(index, manifest, vectors, { clock })).toBe(530);
    expect(sizes('upsert')).toEqual([1000, 1000, 500, 30]);
    expect(standIn.stored.size).toBe(2530);
    expect(await uploadVectors(index, manifest, vectors, { clock })).toBe(0);
  });

  test('waits until the new vectors can be found', async () => {
    const { standIn, index, clock, waits } = setUp({ lag: 4 });
    await uploadVectors(index, manifest, vectors, { clock });
    expect(waits).toEqual([5000, 5000, 5000]);
    expect(standIn.stored.size).toBe(2530);
  });

  test('is not misled by the mutations of others', async () => {
    const { index, clock } = setUp();
    const hidden = { ...index, info: async () => ({ vectorCount: 0, processedUpToMutation: 'x' }) };
    expect(await uploadVectors(hidden, manifest, vectors, { clock })).toBe(2530);
  });

  test('fails with a message if that takes too long', async () => {
    const { index, clock } = setUp({ lag: 1e6 });
    const work = uploadVectors(index, manifest, vectors, { clock, deadlineMs: 60_000 });
    await expect(work).rejects.toMatchObject({
      code: 'vectorize_failed',
      message: expect.stringMatching(
        /expected mutation mutation-4 to be processed within 60 s, got as far as none/,
      ),
    });
  });
});

describe('is refused before anything is sent:', () => {
  test.each([
    [
      'another dimension',
      { dimensions: 16 },
      'expected 8 dimensions, metric cosine, got 16, cosine',
    ],
    ['another metric', { metric: 'euclidean' }, 'got 8, euclidean'],
  ])('%s', async (_name, options, message) => {
    const { index, clock, sizes } = setUp(options);
    const work = uploadVectors(index, manifest, vectors, { clock });
    await expect(work).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining(message),
    });
    expect(sizes('upsert')).toEqual([]);
  });

  test('more dimensions than Vectorize has', async () => {
    const { index, clock } = setUp();
    const wide = cloudManifest({ dim: 2048, image: new Float32Array(2048) });
    const none = { image: new Float32Array(), caption: new Float32Array() };
    await expect(uploadVectors(index, wide, none, { clock })).rejects.toMatchObject({
      code: 'vectorize_limit',
      message: 'Vectorize: dimensions: expected at most 1536, got 2048',
    });
  });

  test('more vectors than an index holds', async () => {
    const { index, clock, sizes } = setUp();
    const full = { ...index };
    full.info = async () => ({ ...(await index.info()), vectorCount: 9_999_000 });
    await expect(uploadVectors(full, manifest, vectors, { clock })).rejects.toMatchObject({
      code: 'vectorize_limit',
      message: 'Vectorize: vectors of index pictures: expected at most 10000000, got 10001530',
    });
    expect(sizes('upsert')).toEqual([]);
  });
});

describe('the HTTP API', () => {
  test('a refusal is reported with its code, and not retried', async () => {
    const { index, waits, clock } = setUp({ token: 'other' });
    await expect(uploadVectors(index, manifest, vectors, { clock })).rejects.toThrow(
      'expected success, got status 403, Authentication error (code 10000)',
    );
    expect(waits).toEqual([]);
    const { index: strict } = setUp();
    await expect(strict.getByIds(Array<string>(21).fill('x'))).rejects.toThrow(
      'max id count is 20, got 21 (code 40007)',
    );
    await expect(
      strict.upsert([{ id: 'x'.repeat(65), namespace: 'n', values: Array(dim).fill(0) }]),
    ).rejects.toThrow('id too long; max is 64 bytes, got 65 (code 40008)');
  });

  test('an answer that is not of the API is reported, too', async () => {
    const { api, index } = setUp();
    api.answer(new Response('<html>', { status: 502 }));
    await expect(index.info()).rejects.toThrow('/info: expected success, got status 502');
    api.answer(new Response('{"success":true,"result":{"vectorCount":"many"}}'));
    await expect(index.info()).rejects.toThrow(/expected number, received string/);
  });

  test('account and token come from the environment', () => {
    const account = { accountId: 'a', apiToken: 't' };
    expect(accountOf({ CLOUDFLARE_ACCOUNT_ID: 'a', CLOUDFLARE_API_TOKEN: 't' })).toEqual(account);
    expect(() => accountOf({ CLOUDFLARE_ACCOUNT_ID: 'a' })).toThrow(
      'expected CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_API_TOKEN',
    );
  });
});

describe('deletion', () => {
  const other = cloudManifest({ dim, ...vectors, version: '20260128-ffffffffffff' });

  test('deletes the vectors of one version, in legal batches', async () => {
    const { standIn, index, clock, sizes } = setUp();
    await uploadVectors(index, manifest, vectors, { clock });
    await uploadVectors(index, other, vectors, { clock });
    expect(standIn.stored.size).toBe(5060);
    expect(await deleteVectors(index, manifest, { clock })).toBe(2530);
    expect(sizes('deleteByIds')).toEqual([...Array<number>(25).fill(100), 30]);
    expect(standIn.stored.size).toBe(2530);
    expect([...standIn.stored.keys()].every((id) => id.startsWith(other.version))).toBe(true);
  });

  test('that was interrupted does not look like half an upload', async () => {
    const { standIn, index, clock } = setUp();
    await uploadVectors(index, manifest, vectors, { clock });
    const onProgress = (done: number) => {
      if (done === 700) throw new Error('interrupted by the test');
    };
    await expect(deleteVectors(index, manifest, { clock, onProgress })).rejects.toThrow(
      'interrupted by the test',
    );
    expect(await uploadVectors(index, manifest, vectors, { clock })).toBe(1530);
    expect(standIn.stored.size).toBe(2530);
  });

  test('waits until they are gone', async () => {
    const { standIn, index, clock, waits } = setUp({ lag: 3 });
    await uploadVectors(index, manifest, vectors, { clock });
    waits.length = 0;
    await deleteVectors(index, manifest, { clock });
    expect(waits.length).toBeGreaterThan(0);
    expect(standIn.stored.size).toBe(0);
  });
});
