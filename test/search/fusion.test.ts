import { describe, expect, it } from 'vitest';
import { fusionSchema, fusionWeights } from '../../src/version/fusion-weights.ts';
import { rankByKeywords, rankHybrid } from '../../src/search/fusion.ts';
import { buildKeywordIndex, loadKeywordIndex } from '../../src/search/keywords/keyword-index.ts';

const doc = (items: number[], name: string, tags: string[]) => ({
  items,
  names: [name],
  tags,
  other: [],
});
const index = loadKeywordIndex(
  buildKeywordIndex([
    doc([0, 1, 2], 'birthday cake', ['party']),
    doc([3], 'wedding', ['cake', 'party']),
    doc([4], 'helicopter', []),
  ]).json,
);
/** Cosines of items 0 to 4 with the query. */
const cosines = [0.1, 0.3, 0.2, 0.4, 0.5];
const scoreItems = (ids: readonly number[]) => ids.map((id) => cosines[id]);
const nearest = { ids: [4, 3], scores: [0.5, 0.4] };
const weights = { vector: 0.05, cosineMean: 0, cosineDeviation: 0.1 };
const hybrid = (query: string, limit = 10, vector = weights.vector) =>
  rankHybrid(index, query, nearest, scoreItems, { ...weights, vector }, limit);
const ids = async (ranked: Promise<readonly { id: number }[]>) =>
  (await ranked).map(({ id }) => id);

describe('rankByKeywords', () => {
  it('orders the items of a group by cosine', async () => {
    expect(await ids(rankByKeywords(index, 'birthday cake', 10, scoreItems))).toEqual([1, 2, 0, 3]);
  });

  it('keeps their order where there is no embedding', async () => {
    expect(await ids(rankByKeywords(index, 'birthday cake', 3))).toEqual([0, 1, 2]);
  });
});

describe('rankHybrid', () => {
  it('puts matched words above a resemblance', async () => {
    expect(await ids(hybrid('birthday cake'))).toEqual([1, 2, 0, 3, 4]);
  });

  it('adds the cosine in standard deviations, times its weight', async () => {
    const [first] = await hybrid('birthday cake');
    expect(first).toMatchObject({ id: 1, keyword: 1, cosine: 0.3 });
    expect(first.score).toBeCloseTo(1 + 0.05 * 3);
    expect((await hybrid('birthday cake')).at(-1)?.score).toBeCloseTo(0.05 * 5);
  });

  it('follows the vectors where no word is known', async () => {
    expect(await ids(hybrid('zzzz'))).toEqual([4, 3]);
  });

  it('lets a large weight overrule the words', async () => {
    expect((await hybrid('birthday cake', 1, 10))[0].id).toBe(4);
  });

  it('is keyword search when the vectors weigh nothing', async () => {
    const keyword = rankByKeywords(index, 'birthday cake', 10, scoreItems);
    expect(await ids(hybrid('birthday cake', 4, 0))).toEqual(await ids(keyword));
  });
});

describe('fusionWeights', () => {
  it('measures mean and deviation over all pairs', () => {
    const captions = Float32Array.of(1, 0, 0, 1);
    const images = Float32Array.of(1, 0, 0.6, 0.8);
    // Cosines 1, 0.6, 0, 0.8: mean 0.6, variance 0.5 - 0.36.
    const measured = fusionWeights(captions, images, 2);
    expect(measured.cosineMean).toBeCloseTo(0.6);
    expect(measured.cosineDeviation).toBeCloseTo(Math.sqrt(0.14));
    expect(fusionSchema.parse(measured)).toEqual(measured);
  });

  it('stays usable where there are no captions or all pairs are the same', () => {
    expect(fusionWeights(new Float32Array(), Float32Array.of(1, 0), 2).cosineDeviation).toBe(1);
    const one = Float32Array.of(1, 0);
    expect(fusionWeights(one, one, 2).cosineDeviation).toBe(1);
  });
});
