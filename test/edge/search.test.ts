import { beforeAll, describe, expect, it } from 'vitest';
import { searchResponseSchema, type SearchResponse } from '../../src/http/api.ts';
import { createClient, fillBucket, fixture, upload } from './client.ts';

const client = createClient();
beforeAll(() => fillBucket());

async function search(body: object): Promise<SearchResponse> {
  const response = await client.post('/v1/search', body);
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return searchResponseSchema.parse(answer);
}

async function searchByImage(name: string, fields = {}): Promise<SearchResponse> {
  const response = await client.postForm('/v1/search', { image: upload(name), ...fields });
  const answer: unknown = await response.json();
  expect(response.status, JSON.stringify(answer)).toBe(200);
  return searchResponseSchema.parse(answer);
}

const scores = ({ matches }: SearchResponse) =>
  Object.fromEntries(matches.map(({ id, score }) => [id, score]));

/** The largest difference of two answers over the same items. */
function difference(a: SearchResponse, b: SearchResponse): number {
  expect(Object.keys(scores(a)).sort()).toEqual(Object.keys(scores(b)).sort());
  return Math.max(
    ...Object.entries(scores(a)).map(([id, score]) => Math.abs(score - scores(b)[id]!)),
  );
}

describe('POST /v1/search', () => {
  it('finds images by words in any language, in hybrid mode unless told otherwise', async () => {
    for (const text of ['birthday cake', 'party', 'pastel de cumpleaños', 'birtday']) {
      const { matches, mode, index, count } = await search({ text, limit: 2 });
      expect(matches.map(({ id }) => id).sort(), text).toEqual([
        'round:birthday-cake',
        'square:birthday-cake',
      ]);
      expect({ mode, count }).toEqual({ mode: 'hybrid', count: 2 });
      expect(index).toEqual({ collection: 'pictograms', version: fixture.version, model: 'tiny' });
    }
    const { matches } = await search({ text: '犬', mode: 'keyword' });
    expect(matches.map(({ metadata }) => metadata.title)).toEqual(['dog', 'dog']);
  });

  it.each([1e-40, 1e-20, 1e30])(
    'finds the same by a vector that is scaled by %s',
    async (scale) => {
      const vector = Array.from({ length: 32 }, (_, i) => Math.sin(i + 1));
      const unit = await search({ vector, limit: 5 });
      const scaled = await search({ vector: vector.map((value) => value * scale), limit: 5 });
      expect(difference(unit, scaled)).toBeLessThan(1e-3);
    },
  );

  it('says where the image of a match is, and its set', async () => {
    const [match] = (await search({ text: 'dog', limit: 1 })).matches;
    const { id, metadata } = match!;
    expect(metadata).toMatchObject({ title: 'dog', set: id.split(':')[0] });
    const image = await client.request(metadata.imageUrl);
    expect(await image.text()).toContain('<svg');
  });

  it('says how large the image of a match is, and null where that is unknown', async () => {
    const { matches } = await search({ text: 'dog', limit: 2 });
    const sizes = matches.map(({ id, metadata: { width, height } }) => [id, width, height]);
    expect(sizes.sort()).toEqual([
      ['round:dog', 64, 48],
      ['square:dog', null, null],
    ]);
  });

  it('encodes text as the ONNX model does', async () => {
    const { text, textEmbedding } = fixture.onnx;
    const ours = await search({ text, mode: 'vector', limit: 16 });
    const theirs = await search({ vector: textEmbedding, limit: 16 });
    expect(difference(ours, theirs)).toBeLessThan(1e-3);
  });

  it.each(['square.png', 'wide.png', 'upright.jpg'])(
    'decodes and encodes %s as the embedder does',
    async (name) => {
      const ours = await searchByImage(name, { limit: '16' });
      const theirs = await search({ vector: fixture.onnx.images[name], limit: 16 });
      expect(ours.mode).toBe('vector');
      expect(difference(ours, theirs)).toBeLessThan(0.02);
    },
  );

  it.each([
    ['square.png', 'palette.png', 0.02],
    ['square.png', 'deep.png', 0.02],
    ['square.png', 'square.jpg', 0.02],
    ['square.png', 'progressive.jpg', 0.02],
    ['square.png', 'square.webp', 0.02],
    ['square.png', 'lossless.webp', 0.02],
    ['square.png', 'square.gif', 0.02],
    ['square.png', 'square.avif', 0.02],
    ['upright.jpg', 'turned.jpg', 0.02],
    ['upright.jpg', 'turned.png', 0.02],
    ['upright.jpg', 'turned.webp', 0.02],
    ['upright.jpg', 'turned.avif', 0.02],
  ])('sees the same in %s and %s', async (one, other, most) => {
    const [a, b] = [await searchByImage(one), await searchByImage(other)];
    expect(difference(a, b)).toBeLessThan(most);
  });

  it('takes an image without colours', async () => {
    expect((await searchByImage('grey.png')).count).toBe(16);
  });

  it('takes an image as base64 and as a data URI', async () => {
    const base64 = fixture.uploads['square.png'];
    const form = await searchByImage('square.png');
    for (const image of [base64, `data:image/png;base64,${base64}`]) {
      expect(difference(await search({ image }), form)).toBeLessThan(1e-6);
    }
  });

  it('finds items that are similar to an item, without the item itself', async () => {
    const { matches } = await search({ id: 'round:dog', limit: 100 });
    expect(matches).toHaveLength(15);
    expect(matches.map(({ id }) => id)).not.toContain('round:dog');
  });

  it('finds captions of an image', async () => {
    const { matches } = await searchByImage('square.png', { target: 'caption' });
    expect(matches).toHaveLength(8);
    const cake = matches.find(({ metadata }) => metadata.title === 'birthday cake');
    expect(cake?.metadata.items).toEqual(['round:birthday-cake', 'square:birthday-cake']);
    // The size is that of the picture which the caption shows: the one of its first item.
    expect(cake?.metadata).toMatchObject({ width: 64, height: 48 });
  });

  it('pages through all results, each once', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search({ text: 'dog', mode: 'vector', limit: 5, cursor });
      seen.push(...page.matches.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor);
    const all = await search({ text: 'dog', mode: 'vector', limit: 100 });
    expect(seen).toEqual(all.matches.map(({ id }) => id));
    expect(all.nextCursor).toBeNull();
    expect(seen).toHaveLength(16);
  });

  it('says that a long query was truncated', async () => {
    expect((await search({ text: 'dog' })).truncated).toBeUndefined();
    const { truncated, count } = await search({ text: 'a very long story of a dog '.repeat(40) });
    expect({ truncated, count }).toEqual({ truncated: true, count: 16 });
  });

  it('reads the other fields of a form as text or from the field json', async () => {
    const json = JSON.stringify({ limit: 3 });
    expect((await searchByImage('square.png', { json })).count).toBe(3);
    const response = await client.postForm('/v1/search', { text: 'dog', limit: '4' });
    expect((await response.json<SearchResponse>()).count).toBe(4);
  });
});
