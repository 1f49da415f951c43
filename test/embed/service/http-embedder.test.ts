import { expect, it } from 'vitest';
import { writeEncodeAnswer } from '../../../src/embedder/frames.ts';
import { httpEmbedder } from '../../../src/embedder/http-embedder.ts';

const url = 'http://embedder.example';
const model = { id: 'tiny', hash: 'abc', embedDim: 2 };
const embeddings = Float32Array.of(1, 0);
const good = writeEncodeAnswer({ model, embeddings, failed: [] });

const answering = (
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  init?: ResponseInit,
  model?: string,
) => httpEmbedder({ url, model, fetch: async () => new Response(body, init) });

it('sends the token and the model, and no header that is not needed', async () => {
  let sent: { url: string; headers: Headers } | undefined;
  const embedder = httpEmbedder({
    url: `${url}/`,
    token: 'secret',
    model: 'abc',
    fetch: async (url, init) => {
      sent = { url, headers: new Headers(init.headers) };
      return new Response(good);
    },
  });
  expect(await embedder.encode([], ['dog'])).toEqual({ model, embeddings, failed: [] });
  expect(sent!.url).toBe(`${url}/v1/encode`);
  expect(Object.fromEntries(sent!.headers)).toEqual({
    authorization: 'Bearer secret',
    'content-type': 'application/x-diptych-frames',
    'x-diptych-model': 'abc',
  });
});

it.each([408, 429, 502, 503, 504, 530])(
  'says that status %i is worth another try',
  async (status) => {
    const embedder = answering('<html>', { status, headers: { 'retry-after': '7' } });
    await expect(embedder.encode([], ['dog'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      details: { status, retryAfterMs: 7000 },
    });
  },
);

it('says that a lost connection or a late answer is worth another try', async () => {
  const lost = httpEmbedder({ url, fetch: () => Promise.reject(new TypeError('fetch failed')) });
  await expect(lost.describe()).rejects.toMatchObject({ code: 'embedder_unavailable' });
  const late = httpEmbedder({
    url,
    timeoutMs: 1,
    fetch: (_url, { signal }) =>
      new Promise((_resolve, reject) => {
        signal!.addEventListener('abort', () => reject(signal!.reason));
      }),
  });
  await expect(late.encode([], [])).rejects.toMatchObject({
    code: 'embedder_unavailable',
    message: expect.stringContaining('no answer within 1 ms'),
  });
});

it.each([
  ['a refusal', JSON.stringify({ error: { code: 'bad_request', message: 'no' } }), 400],
  ['a failure', 'oh', 500],
  ['no frame', 'abc', 200],
  ['an answer to another request', good.slice(0, -4), 200],
])('finds %s a failure of the embedder', async (_what, body, status) => {
  const embedder = answering(body, { status });
  await expect(embedder.encode([], ['dog'])).rejects.toMatchObject({ code: 'embedder_failed' });
});

it('refuses vectors of another model, and an answer that never ends', async () => {
  await expect(answering(good, {}, 'def').encode([], ['dog'])).rejects.toMatchObject({
    code: 'model_mismatch',
  });
  const health = JSON.stringify({ status: 'ok', model });
  await expect(answering(health, {}, 'def').describe()).rejects.toMatchObject({
    code: 'model_mismatch',
  });
  const endless = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(65_536)) });
  await expect(answering(endless).encode([], ['dog'])).rejects.toMatchObject({
    code: 'embedder_failed',
  });
});
