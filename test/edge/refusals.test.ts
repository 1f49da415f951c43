import { beforeAll, describe, expect, it } from 'vitest';
import { errorResponseSchema } from '../../src/http/api.ts';
import { readLimitedBody } from '../../src/http/read-limited-body.ts';
import { limits } from '../../src/limits.ts';
import { createClient, failureOf, fillBucket, upload, uploadBytes } from './client.ts';

const client = createClient();
beforeAll(() => fillBucket());

const text = { text: 'dog' };

describe('a JSON request that is wrong', () => {
  it.each([
    ['no JSON', '{"text": ', 400, 'invalid_json', /JSON/],
    ['a list', '[]', 400, 'bad_request', /object/],
    ['nothing asked', {}, 400, 'empty_query', /text, image, id or vector/],
    ['an empty text', { text: ' \n' }, 400, 'empty_query', /text/],
    ['a text of another type', { text: 5 }, 400, 'bad_request', /text/],
    ['two queries', { ...text, id: 'round:dog' }, 400, 'bad_request', /text and id/],
    ['an unknown field', { ...text, colour: 'red' }, 400, 'bad_request', /colour/],
    ['an unknown mode', { ...text, mode: 'magic' }, 400, 'bad_request', /mode/],
    ['keywords without text', { id: 'round:dog', mode: 'keyword' }, 400, 'bad_request', /keyword/],
    [
      'keywords for captions',
      { ...text, mode: 'keyword', target: 'caption' },
      400,
      'bad_request',
      /caption/,
    ],
    ['a limit of 0', { ...text, limit: 0 }, 400, 'bad_request', /limit/],
    ['a limit too high', { ...text, limit: 101 }, 400, 'bad_request', /limit/],
    ['a made up cursor', { ...text, cursor: 'abc' }, 400, 'bad_request', /cursor/],
    ['an unknown collection', { ...text, collection: 'x' }, 404, 'unknown_collection', /named x/],
    ['a path for a collection', { ...text, collection: '../x' }, 400, 'bad_request', /collection/],
    ['an unknown item', { id: 'round:unicorn' }, 404, 'unknown_item', /round:unicorn/],
    ['a vector of another length', { vector: [1, 2, 3] }, 409, 'model_mismatch', /32.*3/],
    ['a vector of zeros', { vector: Array(32).fill(0) }, 400, 'bad_request', /vector: .*zeros/],
    [
      'a vector of what float32 makes 0',
      { vector: Array(32).fill(-1e-300) },
      400,
      'bad_request',
      /zeros/,
    ],
    ['a vector beyond float32', { vector: Array(32).fill(1e300) }, 400, 'bad_request', /float32/],
    ['a query of another model', { ...text, model: 'clip' }, 409, 'model_mismatch', /tiny.*clip/],
    ['a text beyond all limits', { text: 'a'.repeat(10_001) }, 400, 'bad_request', /text/],
    ['an image that is no string', { image: 5 }, 400, 'bad_request', /image/],
    ['an image that is no base64', { image: '*' }, 422, 'unreadable_image', /base64/],
    ['a data URI without base64', { image: 'data:,x' }, 422, 'unreadable_image', /base64/],
  ])('%s', async (_name, body, status, code, message) => {
    const failure = await failureOf(await client.post('/v1/search', body));
    expect(failure).toMatchObject({ status, code });
    expect(failure.message).toMatch(message);
  });

  it('names all fields that are wrong', async () => {
    const response = await client.post('/v1/search', { text: 5, limit: 'many' });
    const { error } = errorResponseSchema.parse(await response.json());
    const fields = (error.details?.issues as { field: string }[]).map(({ field }) => field);
    expect(fields.sort()).toEqual(['limit', 'text']);
  });

  it('never quotes it as markup, nor at length', async () => {
    const markup = `<script>${'&'.repeat(900)}`;
    for (const body of [
      { id: markup },
      { ...text, [markup]: 1 },
      { ...text, model: markup.slice(0, 99) },
    ]) {
      const response = await client.post('/v1/search', body);
      expect(response.headers.get('content-type')).toContain('application/json');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      const raw = await response.text();
      expect(raw).not.toMatch(/[<>&]/);
      expect(raw.length).toBeLessThan(4000 + 6 * 1000);
    }
  });
});

describe('an upload that is wrong', () => {
  const png = uploadBytes('square.png');
  /** A PNG that claims a size; the rest of it is missing. */
  const claiming = (width: number, height: number) => {
    const bytes = png.slice();
    new DataView(bytes.buffer).setUint32(16, width);
    new DataView(bytes.buffer).setUint32(20, height);
    return new Blob([bytes]);
  };
  /** A GIF whose screen is 1 x 1 and whose frame is 16,000 x 16,000. */
  const lyingGif = new Blob([
    ...['GIF89a', new Uint8Array([1, 0, 1, 0, 0, 0, 0])],
    new Uint8Array([0x2c, 0, 0, 0, 0, 0x80, 0x3e, 0x80, 0x3e, 0, 2, 1, 0x2c, 0, 0x3b]),
  ]);
  const damaged = (name: string, length: number) =>
    new Blob([uploadBytes(name).subarray(0, length)]);

  it.each([
    ['text', new Blob(['hello, world']), 415, 'unsupported_image'],
    ['SVG', upload('vector.svg'), 415, 'unsupported_image'],
    ['nothing', new Blob([]), 422, 'unreadable_image'],
    ['a PNG header cut short', damaged('square.png', 20), 422, 'unreadable_image'],
    ['a PNG without its pixels', damaged('square.png', 60), 422, 'unreadable_image'],
    ['a JPEG header cut short', damaged('square.jpg', 30), 422, 'unreadable_image'],
    ['a WebP header cut short', damaged('square.webp', 20), 422, 'unreadable_image'],
    ['an AVIF header cut short', damaged('square.avif', 60), 422, 'unreadable_image'],
    ['a frame larger than its GIF says', lyingGif, 413, 'payload_too_large'],
    ['an image of no width', claiming(0, 100), 422, 'unreadable_image'],
    ['too many pixels', claiming(100_000, 100_000), 413, 'payload_too_large'],
    ['a row of pixels too many', claiming(10_000, 10_001), 413, 'payload_too_large'],
    [
      'too many bytes',
      new Blob([png, new Uint8Array(limits.imageBytes)]),
      413,
      'payload_too_large',
    ],
  ])('%s', async (_name, image, status, code) => {
    const failure = await failureOf(await client.postForm('/v1/captions', { image }));
    expect(failure).toMatchObject({ status, code });
  });

  it('is named where its format is known, with what to do', async () => {
    const heic = new Blob(['\0\0\0\x18ftypheic\0\0\0\0mif1heic']);
    const failure = await failureOf(await client.postForm('/v1/search', { image: heic }));
    expect(failure).toMatchObject({ status: 415, code: 'unsupported_image' });
    expect(failure.message).toMatch(/PNG, JPEG, WebP, GIF or AVIF, got HEIC.* save it as JPEG/);
  });

  it('is not read further than the limit', async () => {
    let sent = 0;
    const body = new ReadableStream({
      pull(controller) {
        sent += 1_000_000;
        if (sent > 100_000_000) controller.close();
        else controller.enqueue(new Uint8Array(1_000_000));
      },
    });
    const response = await client.request('/v1/search', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(await failureOf(response)).toMatchObject({ status: 413, code: 'payload_too_large' });
    expect(sent).toBeLessThan(20_000_000);
  });

  it('is refused by its declared length before it is read', async () => {
    let isRead = false;
    const body = new ReadableStream(
      {
        pull() {
          isRead = true;
        },
      },
      { highWaterMark: 0 },
    );
    const declared = { headers: new Headers({ 'content-length': '9999' }), body } as Request;
    await expect(readLimitedBody(declared, 1000)).rejects.toMatchObject({
      code: 'payload_too_large',
    });
    expect(isRead).toBe(false);
  });

  it('needs an image where one is meant', async () => {
    const failure = await failureOf(await client.post('/v1/captions', {}));
    expect(failure).toMatchObject({ status: 400, code: 'empty_query' });
  });

  it('needs a form or JSON', async () => {
    const init = { method: 'POST', body: png, headers: { 'content-type': 'image/png' } };
    const failure = await failureOf(await client.request('/v1/search', init));
    expect(failure).toMatchObject({ status: 400, code: 'bad_request' });
  });

  it('needs a form with its parts', async () => {
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const init = { method: 'POST', body: 'no parts', headers };
    const failure = await failureOf(await client.request('/v1/search', init));
    expect(failure.status).toBe(400);
  });
});

describe('the API as a whole', () => {
  it.each(['/v1/nothing', '/v1/search', '/<b>'])('answers GET %s with not_found', async (path) => {
    const failure = await failureOf(await client.request(path));
    expect(failure).toMatchObject({ status: 404, code: 'not_found' });
  });

  it('may be called from any page, for errors too', async () => {
    for (const response of [
      await client.post('/v1/search', { ...text, collection: 'x' }),
      await client.request('/v1/nothing'),
      await client.request('/healthz'),
    ]) {
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }
    const preflight = await client.request('/v1/search', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://elsewhere.test',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type');
  });

  it('is well', async () => {
    expect(await (await client.request('/healthz')).json()).toEqual({ status: 'ok' });
  });
});
