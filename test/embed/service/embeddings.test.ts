import { expect, it } from 'vitest';
import { pictures, useTinyModel } from './start-service.ts';

const { start, model } = useTinyModel();
let service: ReturnType<typeof start> | undefined;

interface Answer {
  readonly data: readonly {
    readonly object: string;
    readonly index: number;
    readonly embedding: number[] | string;
  }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly details?: { readonly issues?: readonly { readonly field: string }[] };
  };
}

async function ask(body: object) {
  service ??= start();
  const { url } = await service;
  const response = await fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const dataUri = (bytes: Buffer) => `data:image/png;base64,${bytes.toString('base64')}`;

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < got.length; i++) expect(got[i], `element ${i}`).toBeCloseTo(expected[i], 5);
}

it('embeds one text, and counts its tokens', async () => {
  const answer = await ask({ model: 'tiny', input: 'birthday cake' });
  const [tokens] = model().countTokens(['birthday cake']);
  expect(answer).toMatchObject({
    status: 200,
    object: 'list',
    model: 'tiny',
    data: [{ object: 'embedding', index: 0 }],
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
  expect(tokens).toBeGreaterThan(1);
  expectClose(answer.data[0].embedding as number[], await model().embedTexts(['birthday cake']));
});

it('embeds texts and images in the order they were given', async () => {
  const [red, blue] = await pictures(2);
  const input = ['dog', { image: dataUri(red) }, 'cat', { image: dataUri(blue) }];
  const { data } = await ask({ model: model().hash, input });
  const images = await model().embedImages([red, blue]);
  const texts = await model().embedTexts(['dog', 'cat']);
  const expected = [
    texts.subarray(0, 32),
    images.subarray(0, 32),
    texts.subarray(32),
    images.subarray(32),
  ];
  expect(data.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  for (const [i, row] of expected.entries()) expectClose(data[i].embedding as number[], row);
});

it('writes base64 if the request asks for it', async () => {
  const input = ['dog', 'cat'];
  const floats = await ask({ model: 'tiny', input });
  const { data } = await ask({ model: 'tiny', input, encoding_format: 'base64', dimensions: 32 });
  for (const [i, { embedding }] of data.entries()) {
    const bytes = new Uint8Array(Buffer.from(embedding as string, 'base64'));
    expectClose(new Float32Array(bytes.buffer), floats.data[i].embedding as number[]);
  }
});

it.each([
  ['another model', { model: 'clip', input: 'dog' }, 409, 'model_mismatch', 'tiny'],
  ['no model', { input: 'dog' }, 400, 'bad_request', 'model'],
  ['no input', { model: 'tiny' }, 400, 'bad_request', 'input'],
  ['an empty list', { model: 'tiny', input: [] }, 400, 'bad_request', 'input'],
  ['tokens', { model: 'tiny', input: [[1, 2]] }, 400, 'bad_request', 'input'],
  ['other dimensions', { model: 'tiny', input: 'dog', dimensions: 16 }, 400, 'bad_request', '32'],
  ['an unknown field', { model: 'tiny', input: 'dog', format: 1 }, 400, 'bad_request', 'format'],
  ['a text without a word', { model: 'tiny', input: ['dog', ''] }, 422, 'no_embedding', 'input[1]'],
  [
    'no data URI',
    { model: 'tiny', input: { image: 'https://example.org/a.png' } },
    422,
    'unreadable_image',
    'input[0]',
  ],
  [
    'another format',
    { model: 'tiny', input: ['a', { image: 'data:;base64,aGVsbG8gdGhlcmU=' }] },
    415,
    'unsupported_image',
    'input[1]',
  ],
] as const)('refuses %s, and says where', async (_what, body, status, code, told) => {
  const answer = await ask(body);
  expect(answer).toMatchObject({ status, error: { code } });
  expect(answer.error!.message).toContain(told);
});

it('names every wrong field of a request', async () => {
  const input = ['a', { image: 5 }, [1]];
  const answer = await ask({ model: 'tiny', input, format: 1 });
  const fields = answer.error?.details?.issues?.map(({ field }) => field);
  expect(fields).toEqual(['input.1.image', 'input.2', 'format']);
});
