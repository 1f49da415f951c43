import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { framesType, writeEncodeRequest } from '../../../src/embedder/frames.ts';
import { httpEmbedder } from '../../../src/embedder/http-embedder.ts';
import { checkExposure } from '../../../gpu-embedder/embed/service/http/check-exposure.ts';
import { heldModel, useTinyModel } from './start-service.ts';

const { start, model } = useTinyModel();
const token = 'a-token-of-24-characters';
const frames = { 'content-type': framesType };
const json = { 'content-type': 'application/json' };
const oneText = writeEncodeRequest([], ['dog']);

async function post(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
) {
  const response = await fetch(url, { method: 'POST', body, headers });
  const { error } = (await response.json()) as { error?: { code: string; message: string } };
  return { status: response.status, code: error?.code, headers: response.headers };
}

describe('the size of a request', () => {
  it('is limited: bytes of the body, images, texts', async () => {
    const { url } = await start({ limits: { bodyBytes: 1000, images: 2, texts: 3 } });
    const encode = (images: number, texts: number) =>
      post(
        `${url}/v1/encode`,
        writeEncodeRequest(
          Array.from({ length: images }, () => ({ bytes: Uint8Array.of(1), type: '' })),
          Array<string>(texts).fill('dog'),
        ),
        frames,
      );
    expect(await encode(3, 0)).toMatchObject({ status: 413, code: 'payload_too_large' });
    expect(await encode(0, 4)).toMatchObject({ status: 413, code: 'payload_too_large' });
    expect(await post(`${url}/v1/encode`, new Uint8Array(1001), frames)).toMatchObject({
      status: 413,
      code: 'payload_too_large',
    });
    const input = ['a', 'b', 'c', 'd'];
    const body = JSON.stringify({ model: 'tiny', input });
    expect(await post(`${url}/v1/embeddings`, body, json)).toMatchObject({ status: 413 });
  });

  it('is limited when its length is not declared, too', async () => {
    const { url } = await start({ limits: { bodyBytes: 1000 } });
    const endless = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(4096)) });
    const init = { method: 'POST', body: endless, headers: frames, duplex: 'half' };
    const answer = await fetch(`${url}/v1/encode`, init as RequestInit).catch(() => null);
    // The answer may be lost when the connection is cut; the service must go on in both cases.
    expect(answer?.status ?? 413).toBe(413);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it.each([
    ['no frame', '/v1/encode', 'abc', frames, 400, 'bad_request'],
    ['no header of JSON', '/v1/encode', '\u0002\0\0\0{!', frames, 400, 'bad_request'],
    ['no frames by its type', '/v1/encode', oneText, json, 400, 'bad_request'],
    [
      'another model',
      '/v1/encode',
      oneText,
      { ...frames, 'x-diptych-model': 'x' },
      409,
      'model_mismatch',
    ],
    ['no JSON', '/v1/embeddings', '{', json, 400, 'invalid_json'],
    [
      'no JSON by its type',
      '/v1/embeddings',
      '{}',
      { 'content-type': 'text/plain' },
      400,
      'bad_request',
    ],
    ['no such route', '/v1/nothing', '{}', json, 404, 'not_found'],
  ] as const)('is refused: %s', async (_what, path, body, headers, status, code) => {
    const { url } = await start();
    expect(await post(url + path, body, headers)).toMatchObject({ status, code });
  });
});

describe('a body', () => {
  it('of very many values is refused before it is parsed', async () => {
    const { url } = await start();
    const input = JSON.stringify(Array<string>(200_000).fill('a'));
    const answer = await post(`${url}/v1/embeddings`, `{"model": "tiny", "input": ${input}}`, json);
    expect(answer).toMatchObject({ status: 413, code: 'payload_too_large' });
    const texts = writeEncodeRequest([], Array<string>(200_000).fill('a'));
    const framed = await post(`${url}/v1/encode`, texts, frames);
    expect(framed).toMatchObject({ status: 413, code: 'payload_too_large' });
  });

  it('in another coding is refused by its name', async () => {
    const { url } = await start();
    for (const [name, coding] of [
      ['content-encoding', 'gzip'],
      ['content-type', 'application/json; charset=latin1'],
    ] as const) {
      const answer = await post(`${url}/v1/embeddings`, '{}', { ...json, [name]: coding });
      expect(answer).toMatchObject({ status: 415, code: 'unsupported_coding' });
    }
  });

  it('that breaks off is no fault of the service', async () => {
    const lines: Readonly<Record<string, unknown>>[] = [];
    const { url, metric } = await start({ log: (line) => lines.push(line) });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{',
      () => socket.destroy(),
    );
    await expect.poll(() => lines).toMatchObject([{ status: 499 }]);
    expect(lines[0]).not.toHaveProperty('stack');
    const series = 'diptych_embedder_requests_total{route="/v1/embeddings",status="499"}';
    expect(await metric(series)).toBe(1);
  });
});

describe('a service with a token', () => {
  it('answers only requests with the token, except /healthz', async () => {
    const { url } = await start({ token });
    const wrong = ['', 'Bearer', 'Bearer x', `Bearer ${token}x`, `Basic ${token}`, token];
    for (const authorization of wrong) {
      const answer = await post(`${url}/v1/encode`, oneText, { ...frames, authorization });
      expect(answer, authorization).toMatchObject({ status: 401, code: 'unauthorized' });
    }
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await httpEmbedder({ url, token }).encode([], ['dog'])).failed).toEqual([]);
  });

  it('may listen beyond loopback, while a service without a token may not', () => {
    expect(() => checkExposure('0.0.0.0', token)).not.toThrow();
    for (const host of ['127.0.0.1', '127.8.8.8', 'localhost', '::1']) {
      expect(() => checkExposure(host, undefined)).not.toThrow();
    }
    for (const host of ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example.org']) {
      expect(() => checkExposure(host, undefined)).toThrow('DIPTYCH_EMBEDDER_TOKEN');
    }
    expect(() => checkExposure('127.0.0.1', 'short')).toThrow('at least 16');
  });
});

describe('a busy service', () => {
  it('refuses further requests, says when to try again, and recovers', async () => {
    const held = heldModel(model());
    const { url } = await start({ model: held.model, limits: { requests: 2 } });
    const embedder = httpEmbedder({ url });
    const taken = [embedder.encode([], ['dog']), embedder.encode([], ['cat'])];
    await held.began;
    const refused = await post(`${url}/v1/encode`, oneText, frames);
    expect(refused).toMatchObject({ status: 429, code: 'embedder_busy' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    await expect(embedder.encode([], ['house'])).rejects.toMatchObject({
      code: 'embedder_unavailable',
      details: { status: 429, code: 'embedder_busy', retryAfterMs: 1000 },
    });
    held.release();
    await Promise.all(taken);
    expect((await embedder.encode([], ['house'])).failed).toEqual([]);
  });

  it('counts bytes, too, and accepts a large body when no other is in progress', async () => {
    const held = heldModel(model());
    const { url } = await start({ model: held.model, limits: { queuedBytes: 10 } });
    const taken = httpEmbedder({ url }).encode([], ['dog']);
    await held.began;
    expect(await post(`${url}/v1/encode`, oneText, frames)).toMatchObject({ status: 429 });
    held.release();
    expect((await taken).failed).toEqual([]);
  });
});
