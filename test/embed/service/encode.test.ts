import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { httpEmbedder } from '../../../src/embedder/http-embedder.ts';
import { framesType, writeEncodeRequest } from '../../../src/embedder/frames.ts';
import { directEmbedder } from '../../../gpu-embedder/embed/service/embedder/direct-embedder.ts';
import { uploads } from '../../setup/uploads.ts';
import { deferred, heldModel, pictures, useTinyModel } from './start-service.ts';

const { start, model } = useTinyModel();
const asImage = (bytes: Uint8Array) => ({ bytes, type: 'image/png' });
const toBytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);
const textRuns = 'diptych_embedder_batch_rows_count{kind="text"}';

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) expect(got[i], `element ${i}`).toBeCloseTo(expected[i], 5);
}

describe('POST /v1/encode', () => {
  it('gives the embeddings of the model: images of every kind, then texts', async () => {
    const embedder = httpEmbedder({ url: (await start()).url });
    const images = Object.values(await uploads());
    const texts = ['dog', 'birthday cake', 'カメラ'];
    const answer = await embedder.encode(images.map(asImage), texts);
    const { id, hash, embedDim } = model();
    expect(answer.model).toEqual({ id, hash, embedDim });
    expect(await embedder.describe()).toEqual(answer.model);
    expect(answer.failed).toEqual([]);
    const split = images.length * embedDim;
    expectClose(answer.embeddings.subarray(0, split), await model().embedImages(images));
    expectClose(answer.embeddings.subarray(split), await model().embedTexts(texts));
  });

  it('tells which of many inputs failed and why, and embeds the rest', async () => {
    const { url, metric } = await start({ limits: { imageBytes: 5000, imagePixels: 10_000 } });
    const good = await pictures(40);
    const [photo] = await pictures(1);
    const { 'square.png': large } = await uploads();
    const bad = {
      3: photo.subarray(0, photo.length - 20),
      17: Buffer.from('not a picture'),
      18: Buffer.alloc(0),
      21: large,
      39: Buffer.alloc(5001),
    };
    const images = good.map((bytes, i) => bad[i as keyof typeof bad] ?? bytes);
    const texts = ['dog', '', 'x'.repeat(10_001)];
    const answer = await httpEmbedder({ url }).encode(images.map(asImage), texts);
    const found = answer.failed.map(({ kind, index, code }) => `${kind} ${index}: ${code}`);
    expect(found).toEqual([
      'image 3: unreadable_image',
      'image 17: unsupported_image',
      'image 18: unreadable_image',
      'image 21: payload_too_large',
      'image 39: payload_too_large',
      'text 1: no_embedding',
      'text 2: payload_too_large',
    ]);
    const alone = await model().embedImages(good);
    for (const i of good.keys()) {
      const row = answer.embeddings.subarray(32 * i, 32 * (i + 1));
      expectClose(row, i in bad ? new Float32Array(32) : alone.subarray(32 * i, 32 * (i + 1)));
    }
    expect(await metric('diptych_embedder_items_total{kind="image",result="failed"}')).toBe(5);
    expect(await metric('diptych_embedder_items_total{kind="image",result="encoded"}')).toBe(35);
  });

  it('leaves the images of a request as they are, wherever their memory is', async () => {
    const [picture] = await pictures(1);
    const ofItsOwn = Buffer.from(new Uint8Array(picture).buffer);
    const inThePool = Buffer.from(picture);
    const embedder = directEmbedder(model(), { decodeThreads: 1 });
    const { failed } = await embedder.encode([ofItsOwn, inThePool].map(asImage), []);
    await embedder.close();
    expect(failed).toEqual([]);
    for (const bytes of [ofItsOwn, inThePool]) expect([...bytes]).toEqual([...picture]);
  });

  it('accepts a request without inputs', async () => {
    const answer = await httpEmbedder({ url: (await start()).url }).encode([], []);
    expect(answer.embeddings).toHaveLength(0);
  });
});

describe('micro-batching', () => {
  it('joins requests that come while the model is busy into one run', async () => {
    const held = heldModel(model());
    const { url, metric } = await start({ model: held.model, waitMs: 0 });
    const embedder = httpEmbedder({ url });
    const first = embedder.encode([], ['dog']);
    await held.began;
    const others = Array.from({ length: 32 }, (_, i) => embedder.encode([], [`cat ${i}`]));
    await expect.poll(() => metric('diptych_embedder_queue_rows{kind="text"}')).toBe(32);
    held.release();
    await first;
    const rows = (await Promise.all(others)).map(({ embeddings }) => embeddings);
    expect(await metric(textRuns)).toBe(2);
    for (const [i, row] of rows.entries()) expectClose(row, await model().embedTexts([`cat ${i}`]));
  });

  it('waits a moment for other requests while the model is idle', async () => {
    const runs: number[] = [];
    const onRun = (_kind: string, rows: number) => runs.push(rows);
    const embedder = directEmbedder(model(), { onRun });
    await Promise.all(Array.from({ length: 32 }, (_, i) => embedder.encode([], [`dog ${i}`])));
    expect(runs).toEqual([32]);
  });

  it('does not change a bit of any embedding', async () => {
    const embedder = directEmbedder(model(), { threads: 2, waitMs: 0, decodeThreads: 1 });
    const images = (await pictures(9)).map(asImage);
    const texts = ['dog', 'cat', 'a birthday cake with an angry face', 'dog and cat', '犬', 'red'];
    const together = await embedder.encode(images, texts);
    const alone = [];
    for (const image of images) alone.push((await embedder.encode([image], [])).embeddings);
    for (const text of texts) alone.push((await embedder.encode([], [text])).embeddings);
    expect(Buffer.concat(alone.map(toBytes))).toEqual(toBytes(together.embeddings));
    await embedder.close();
  });
});

describe('a connection that is killed', () => {
  it('harms no other request: its rows are dropped, or embedded for nobody', async () => {
    const held = heldModel(model());
    const { url, metric } = await start({ model: held.model, waitMs: 0 });
    const embedder = httpEmbedder({ url });
    const first = embedder.encode([], ['dog']);
    await held.began;
    const killed = new AbortController();
    const gone = embedder.encode([], Array<string>(500).fill('cat'), killed.signal);
    await expect.poll(() => metric('diptych_embedder_queue_rows{kind="text"}')).toBe(500);
    const last = embedder.encode([], ['house']);
    killed.abort(new Error('killed'));
    await expect(gone).rejects.toThrow('killed');
    await expect.poll(() => metric('diptych_embedder_queue_rows{kind="text"}')).toBe(1);
    held.release();
    expectClose((await first).embeddings, await model().embedTexts(['dog']));
    expectClose((await last).embeddings, await model().embedTexts(['house']));
    expect(await metric('diptych_embedder_batch_rows_sum{kind="text"}')).toBe(2);
    expect(await metric('diptych_embedder_requests_in_progress')).toBe(0);
  });

  it('may be cut in the middle of its body', async () => {
    const { url, metric } = await start();
    const body = writeEncodeRequest((await pictures(1)).map(asImage), []);
    const closed = deferred();
    const request = httpRequest(`${url}/v1/encode`, {
      method: 'POST',
      headers: { 'content-type': framesType, 'content-length': body.length },
    });
    request.on('error', () => {}).on('close', () => closed.resolve());
    request.write(body.subarray(0, body.length / 2));
    await expect.poll(() => metric('diptych_embedder_requests_in_progress')).toBe(1);
    request.destroy();
    await closed.promise;
    await expect.poll(() => metric('diptych_embedder_requests_in_progress')).toBe(0);
    expect((await httpEmbedder({ url }).encode([], ['dog'])).failed).toEqual([]);
  });
});

describe('a service that is told to stop', () => {
  it('finishes the requests in progress, says that it stops, and refuses new ones', async () => {
    const held = heldModel(model());
    const { url, service } = await start({ model: held.model });
    const embedder = httpEmbedder({ url });
    const taken = embedder.encode([], ['dog']);
    await held.began;
    const drained = service.drain(60_000);
    const health = await fetch(`${url}/healthz`);
    expect([health.status, await health.json()]).toMatchObject([503, { status: 'stopping' }]);
    await expect(embedder.encode([], ['cat'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      details: { status: 503 },
    });
    held.release();
    expect(await drained).toBe(0);
    expectClose((await taken).embeddings, await model().embedTexts(['dog']));
  });

  it('says how much was unfinished when the time was over', async () => {
    const held = heldModel(model());
    const { url, service } = await start({ model: held.model });
    const taken = httpEmbedder({ url }).encode([], ['dog']);
    await held.began;
    expect(await service.drain(0)).toBe(1);
    held.release();
    await taken;
  });
});
