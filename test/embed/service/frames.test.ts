import { expect, it } from 'vitest';
import {
  readEncodeAnswer,
  readEncodeRequest,
  writeEncodeAnswer,
  writeEncodeRequest,
} from '../../../src/embedder/frames.ts';
import { DiptychError } from '../../../src/errors.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';

const images = [
  { bytes: Uint8Array.of(1, 2, 3), type: 'image/png' },
  { bytes: new Uint8Array(), type: '' },
  { bytes: Uint8Array.of(4), type: 'image/jpeg' },
];
const texts = ['a dog', '', '犬 🐕', 'a\u0000"b\\'];
const limits = { images: 10, texts: 10 };
const model = { id: 'tiny', hash: '0123456789abcdef', embedDim: 2 };
const failed = [{ kind: 'image', index: 1, code: 'unreadable_image', message: 'no' }] as const;
const answer = { model, failed, embeddings: Float32Array.of(1, 0, 0, 0, 0.6, 0.8) };

const codeOf = (read: () => unknown) => {
  try {
    read();
    return 'read';
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    return error.code;
  }
};

it('gives back what was written, from any offset in memory', () => {
  const frame = writeEncodeRequest(images, texts);
  const elsewhere = new Uint8Array(frame.length + 3);
  elsewhere.set(frame, 3);
  expect(readEncodeRequest(elsewhere.subarray(3), limits)).toEqual({ images, texts });
  const written = writeEncodeAnswer(answer);
  expect(readEncodeAnswer(written, { images: 2, texts: 1 })).toEqual(answer);
});

it('refuses more images or texts than allowed', () => {
  const frame = writeEncodeRequest(images, texts);
  expect(codeOf(() => readEncodeRequest(frame, { images: 2, texts: 9 }))).toBe('payload_too_large');
  expect(codeOf(() => readEncodeRequest(frame, { images: 9, texts: 3 }))).toBe('payload_too_large');
});

it('refuses an answer to another question', () => {
  const written = writeEncodeAnswer(answer);
  expect(codeOf(() => readEncodeAnswer(written, { images: 2, texts: 2 }))).toBe('bad_request');
  expect(codeOf(() => readEncodeAnswer(written, { images: 1, texts: 2 }))).toBe('bad_request');
  const broken = writeEncodeAnswer({ ...answer, embeddings: answer.embeddings.map(() => NaN) });
  expect(codeOf(() => readEncodeAnswer(broken, { images: 2, texts: 1 }))).toBe('bad_request');
});

it('refuses a frame that is cut short or too long, with a typed error', () => {
  const request = writeEncodeRequest(images, texts);
  const written = writeEncodeAnswer(answer);
  const longer = (frame: Uint8Array) => Uint8Array.from([...frame, 0]);
  for (let length = 0; length < request.length; length++) {
    expect(codeOf(() => readEncodeRequest(request.subarray(0, length), limits))).toBe(
      'bad_request',
    );
  }
  for (let length = 0; length < written.length; length++) {
    const read = () => readEncodeAnswer(written.subarray(0, length), { images: 2, texts: 1 });
    expect(codeOf(read)).toBe('bad_request');
  }
  expect(codeOf(() => readEncodeRequest(longer(request), limits))).toBe('bad_request');
  expect(codeOf(() => readEncodeAnswer(longer(written), { images: 2, texts: 1 }))).toBe(
    'bad_request',
  );
});

it('fails only with typed errors, whatever the bytes', () => {
  const random = createRandom(7);
  const allowed = ['read', 'bad_request', 'payload_too_large'];
  const request = writeEncodeRequest(images, texts);
  for (let round = 0; round < 1000; round++) {
    const bytes =
      round % 2 === 0
        ? Uint8Array.from({ length: random.integer(200) }, () => random.integer(256))
        : request.slice();
    // A few bytes of a good frame are changed, most of them in its header.
    for (let change = 0; change < 3 && bytes.length > 0; change++) {
      bytes[Math.floor(bytes.length * random.uniform() ** 2)] = random.integer(256);
    }
    expect(allowed).toContain(codeOf(() => readEncodeRequest(bytes, limits)));
    expect(allowed).toContain(codeOf(() => readEncodeAnswer(bytes, { images: 2, texts: 1 })));
  }
});
