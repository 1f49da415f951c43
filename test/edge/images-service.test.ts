import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageScaler } from '../../workers/images/image-scaler.ts';
import { bindings, createClient, failureOf, fillBucket, upload } from './client.ts';

beforeAll(() => fillBucket());

type Scaled = () => Promise<{ image(): ReadableStream<Uint8Array> }>;

/** An Images service that answers in its own way. */
function clientOf(output: Scaled) {
  const IMAGES: ImageScaler = { input: () => ({ transform: () => ({ output }) }) };
  return createClient({}, { ...bindings, IMAGES });
}

const refusing = (code?: number) => () =>
  Promise.reject(Object.assign(new Error('Network connection lost.'), code ? { code } : {}));
const sending = (start: (controller: ReadableStreamDefaultController<Uint8Array>) => void) => () =>
  Promise.resolve({ image: () => new ReadableStream<Uint8Array>({ start }) });

describe('an Images service', () => {
  it.each<[string, Scaled]>([
    ['cannot be reached', refusing()],
    ['has a failure of its own', refusing(9523)],
    ['has no quota left', refusing(9422)],
    ['breaks off', sending((controller) => controller.error(new Error('it broke off')))],
    ['sends something else', sending((controller) => controller.close())],
  ])('that %s is not the fault of the image', async (_name, output) => {
    for (const path of ['/v1/search', '/v1/captions', '/v1/classify']) {
      const fields: Record<string, string> = path === '/v1/classify' ? { labels: 'dog,cake' } : {};
      const image = upload('square.png');
      const failure = await failureOf(await clientOf(output).postForm(path, { image, ...fields }));
      expect(failure).toMatchObject({ status: 503, code: 'images_unavailable' });
      expect(failure.message).toContain('try again');
    }
  });

  it.each([
    [9412, 422, 'unreadable_image'],
    [9520, 422, 'unreadable_image'],
    [9413, 413, 'payload_too_large'],
  ])('may say with code %i that the image is at fault', async (code, status, expected) => {
    const image = upload('square.png');
    const failure = await failureOf(
      await clientOf(refusing(code)).postForm('/v1/search', { image }),
    );
    expect(failure).toMatchObject({ status, code: expected });
  });
});
