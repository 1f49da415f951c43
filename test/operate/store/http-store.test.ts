import http from 'node:http';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWorker, type RunningWorker } from '../../../gpu-embedder/operate/dev/start-worker.ts';
import { httpStore } from '../../../gpu-embedder/operate/store/http-store.ts';
import { openStore } from '../../../gpu-embedder/operate/store/open-store.ts';
import type { Clock } from '../../../gpu-embedder/common/clock.ts';
import { fillLocalR2 } from './fill-local-r2.ts';
import { describeStore, r2Keys } from './store-suite.ts';

const token = 'the-token-of-this-test';
const start = (r2Dir: string, variables?: Record<string, string>) =>
  startWorker({ host: '127.0.0.1', port: 0, r2Dir, variables });
const fresh = () => mkdtempSync(join(tmpdir(), 'diptych-http-store-'));

describeStore(
  'http',
  async (keys) => {
    const dir = fresh();
    await fillLocalR2(dir, keys);
    const worker = await start(dir, { DIPTYCH_ADMIN_TOKEN: token });
    return { ...httpStore({ url: worker.url, token }), close: () => worker.stop() };
  },
  r2Keys,
);

describe('a worker', () => {
  let worker: RunningWorker;
  beforeAll(async () => {
    worker = await start(fresh(), { DIPTYCH_ADMIN_TOKEN: token });
  }, 60_000);
  afterAll(() => worker.stop());

  /** A clock whose time stands still. */
  const clock: Clock = { now: () => 0, wait: async () => {} };
  /** Sends calls to the worker, except those that fail before they arrive or after. */
  const unreliable = (failures: readonly ('before' | 'after' | null)[]) => {
    const left = [...failures];
    const send: typeof fetch = async (...request) => {
      const failure = left.shift();
      if (failure === 'before') throw new Error('connection refused');
      const response = await fetch(...request);
      if (failure === 'after') throw new Error('connection reset');
      return response;
    };
    return httpStore({ url: worker.url, token, fetch: send, clock });
  };
  const request = (path: string, init: RequestInit = {}) =>
    fetch(`${worker.url}/v1/objects${path}`, {
      ...init,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
    });

  test('takes objects in parts, and gives them back', async () => {
    const store = httpStore({ url: worker.url, token, partBytes: 5 * 1024 * 1024 });
    const bytes = Uint8Array.from({ length: 11 * 1024 * 1024 + 3 }, (_, i) => (i * 7) % 251);
    const { etag } = (await store.put('in-parts', bytes))!;
    expect(await store.head('in-parts')).toEqual({ size: bytes.length, etag });
    expect(Buffer.from((await store.get('in-parts'))!).equals(bytes)).toBe(true);
    const condition = store.put('in-parts', bytes, { ifNone: true });
    await expect(condition).rejects.toMatchObject({ code: 'bad_request' });
  });

  test('refuses a call without a key or with a wrong one', async () => {
    const without = [undefined, 'Bearer', `Basic ${token}`, `Bearer ${token}x`, `Bearer x`];
    for (const authorization of without) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      for (const method of ['GET', 'HEAD', 'PUT', 'POST', 'DELETE']) {
        const headers: Record<string, string> =
          authorization === undefined ? {} : { authorization };
        const body = method === 'PUT' ? 'x' : undefined;
        const url = `${worker.url}/v1/objects/secret`;
        expect((await fetch(url, { method, headers, body })).status).toBe(401);
      }
      const list = await fetch(`${worker.url}/v1/objects?prefix=`, { headers });
      expect(list.status).toBe(401);
    }
    const stranger = httpStore({ url: worker.url, token: 'another', clock });
    const put = stranger.put('secret', Uint8Array.of(1));
    await expect(put).rejects.toMatchObject({ code: 'unauthorized' });
    expect((await request('/secret')).status).toBe(404);
  });

  test('refuses what is no key, no range, no condition, no upload, or too long', async () => {
    const refusals: readonly [string, RequestInit, number][] = [
      ['/a//b', {}, 400],
      ['/%2e%2e%2fa', {}, 400],
      ['/%ff', {}, 400],
      ['/a?uploadId=x&part=0', { method: 'PUT', body: 'x' }, 400],
      ['/a', { method: 'PUT', body: 'x', headers: { 'if-match': 'unquoted' } }, 400],
      ['/a', { method: 'PUT', body: 'x', headers: { 'if-none-match': '"etag"' } }, 400],
      ['/a', { method: 'POST' }, 400],
      ['/a?uploadId=x', { method: 'POST', body: '{"parts":[]}' }, 400],
      ['/a?uploadId=x&part=1', { method: 'PUT', body: 'x' }, 404],
    ];
    for (const [path, init, status] of refusals) {
      expect([path, (await request(path, init)).status]).toEqual([path, status]);
    }
    expect(await announce(`${worker.url}/v1/objects/a`, 64 * 1024 * 1024 + 1)).toBe(413);
    await request('/a', { method: 'PUT', body: '12345' });
    const range = async (value: string) =>
      (await request('/a', { headers: { range: value } })).status;
    expect(
      await Promise.all(['bytes=1-4', 'bytes=1-5', 'bytes=-2', 'lines=1-2'].map(range)),
    ).toEqual([206, 416, 400, 400]);
  });

  test('a request whose connection breaks is retried, and finds its own write', async () => {
    const store = unreliable(['before', null, 'after', null, 'before']);
    const first = await store.put('kept', Uint8Array.of(1), { ifNone: true });
    expect(first).not.toBeNull();
    // The first attempt arrived but its answer did not: the object in the way is our own write.
    const second = await store.put('kept', Uint8Array.of(2), { ifEtag: first!.etag });
    expect(second).toEqual({ etag: (await store.head('kept'))!.etag });
    const other = unreliable(['before']);
    expect(await other.put('kept', Uint8Array.of(3), { ifEtag: first!.etag })).toBeNull();
    expect([...(await unreliable(['after'])!.get('kept'))!]).toEqual([2]);
  });

  test('a worker that never answers is given up', async () => {
    const dead = unreliable(Array.from({ length: 6 }, () => 'before'));
    await expect(dead.head('any')).rejects.toMatchObject({
      code: 'store_failed',
      message: expect.stringMatching(/\/v1\/objects\/any: .*connection refused/),
    });
  });

  test('a server that is not a worker is not taken for an empty store', async () => {
    const send: typeof fetch = async () => new Response('Not found', { status: 404 });
    const store = httpStore({ url: 'https://elsewhere.test', token, fetch: send, clock });
    await expect(store.get('any')).rejects.toThrow('expected a Diptych worker there');
    await expect(store.head('any')).rejects.toMatchObject({ code: 'store_failed' });
    await expect(store.list('')).rejects.toMatchObject({ code: 'store_failed' });
  });
});

test('a worker without an admin token refuses everybody', async () => {
  const worker = await start(fresh());
  try {
    for (const guess of ['undefined', 'null', token]) {
      const store = httpStore({ url: worker.url, token: guess });
      await expect(store.head('a')).rejects.toMatchObject({ code: 'unauthorized' });
    }
  } finally {
    await worker.stop();
  }
}, 60_000);

test('a key is required, and is sent over https only', async () => {
  await expect(openStore('https://diptych.test', {})).rejects.toMatchObject({
    code: 'unauthorized',
    message: expect.stringContaining('DIPTYCH_API_KEY'),
  });
  const env = { DIPTYCH_API_KEY: token };
  await expect(openStore('http://diptych.test', env)).rejects.toMatchObject({
    code: 'invalid_option',
  });
});

/** Announce a PUT of some length without its body: a refusal may cut off the body. @returns the status */
function announce(url: string, length: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, 'content-length': length };
    const sending = http.request(url, { method: 'PUT', headers }, ({ statusCode }) => {
      resolve(statusCode);
      sending.destroy();
    });
    sending.on('error', reject).flushHeaders();
  });
}
