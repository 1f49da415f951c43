import { describe, expect, test } from 'vitest';
import { createItemFilter } from '../../src/hnsw/item-filter.ts';
import { vectorNames } from '../../src/vectorize/vector-names.ts';
import { classifyEmbedding } from '../../src/search/classify/classify-embedding.ts';
import type { Collection } from '../../src/search/collection.ts';
import { openVectorize } from '../../workers/vectors/vectorize-search.ts';
import { clusteredVectors, rowsOf } from '../index/clustered-vectors.ts';
import { cloudManifest } from './cloud-manifest.ts';
import { createVectorizeStandIn } from '../support/vectorize-stand-in.ts';

const dim = 32;
const count = 2500;
const version = '20260127-0123456789ab';
const vectors = clusteredVectors(count, dim, 1);
const rows = rowsOf(vectors, dim);
const queries = rowsOf(clusteredVectors(8, dim, 2), dim);

const manifestOf = (embedDim = dim) => cloudManifest({ dim: embedDim, image: vectors, version });

/** Make an index that holds the images of the version and vectors of other versions. */
async function filledIndex() {
  const index = createVectorizeStandIn({ dimensions: dim });
  const put = async (name: string, kind: 'image' | 'caption') => {
    const { namespace, id } = vectorNames(name, kind, count);
    const all = rows.map((row, i) => ({ id: id(i), values: [...row], namespace }));
    for (let i = 0; i < count; i += 1000) await index.upsert(all.slice(i, i + 1000));
  };
  await put(version, 'image');
  await put('20260101-ffffffffffff', 'image');
  index.calls.length = 0;
  return index;
}

const index = await filledIndex();
const open = () => openVectorize(index, manifestOf(), 'image');

const cosine = (query: Float32Array, id: number) =>
  rows[id].reduce((sum, x, j) => sum + x * query[j], 0);

function exact(query: Float32Array): { id: number; score: number }[] {
  return rows.map((_, id) => ({ id, score: cosine(query, id) })).sort((a, b) => b.score - a.score);
}

describe('search', () => {
  test('finds what exact search finds, with its cosines', async () => {
    const images = await open();
    for (const query of queries) {
      const { ids, scores, exhaustive } = await images.search(query, 100);
      const best = exact(query).slice(0, 10);
      expect([...ids.subarray(0, 10)]).toEqual(best.map(({ id }) => id));
      best.forEach(({ score }, i) => expect(scores[i]).toBeCloseTo(score, 5));
      expect(exhaustive).toBe(false);
    }
  });

  test('gives the same for a query of any length', async () => {
    const images = await open();
    const [one, other] = await Promise.all([
      images.search(queries[0], 5),
      images.search(
        queries[0].map((x) => 3 * x),
        5,
      ),
    ]);
    expect([...other.ids]).toEqual([...one.ids]);
    other.scores.forEach((score, i) => expect(score).toBeCloseTo(one.scores[i], 5));
  });

  test('gives as many results as the service does, and says how many', async () => {
    const { ids, efSearch, exhaustive } = await (await open()).search(queries[0], 501);
    expect({ length: ids.length, efSearch, exhaustive }).toEqual({
      length: 100,
      efSearch: 100,
      exhaustive: false,
    });
  });

  test('leaves out what a filter hides', async () => {
    const vectors = await open();
    const { ids: all } = await vectors.search(queries[0], 10);
    const filter = createItemFilter(count, (id) => id !== all[0] && id !== all[3]);
    const { ids } = await vectors.search(queries[0], 8, { filter });
    expect([...ids]).toEqual([...all].filter((_, rank) => rank !== 0 && rank !== 3));
  });

  test('finds nothing in an empty index, without asking the service', async () => {
    const captions = await openVectorize(index, manifestOf(), 'caption');
    index.calls.length = 0;
    expect((await captions.search(queries[0], 10)).ids).toHaveLength(0);
    expect((await captions.score(queries[0], [])).cosines).toHaveLength(0);
    expect(index.calls).toEqual([]);
  });
});

describe('scores and vectors', () => {
  test('come in the order of the ids, and are requested in legal batches', async () => {
    const images = await open();
    const ids = Array.from({ length: 50 }, (_, i) => (i * 37) % count);
    index.calls.length = 0;
    const { cosines } = await images.score(queries[0], ids);
    ids.forEach((id, i) => expect(cosines[i]).toBeCloseTo(cosine(queries[0], id), 5));
    expect(index.calls.map(({ size }) => size)).toEqual([20, 20, 10]);
    expect([...(await images.vector(1234))]).toEqual([...rows[1234]]);
  });

  test('are limited in number: the rest is not requested', async () => {
    const images = await open();
    const { cosines } = await images.score(queries[0], Array.from(rows.keys()));
    expect(images.mostScored).toBe(240);
    expect(cosines.subarray(0, 240).every((cosine) => !isNaN(cosine))).toBe(true);
    expect(cosines.subarray(240).every((cosine) => isNaN(cosine))).toBe(true);
  });
});

test('captions are classes only if all of them can be scored', async () => {
  const captions = await open();
  const classify = (length: number) => {
    const texts = { count: length, at: (i: number) => `caption ${i}` };
    const collection = { captions, captionTable: { texts }, model: { scale: 20 } };
    const classes = { template: '{label}', limit: 3 };
    return classifyEmbedding(collection as unknown as Collection, queries[0], classes);
  };
  const { labels } = await classify(240);
  const best = exact(queries[0]).filter(({ id }) => id < 240);
  expect(labels.map(({ label }) => label)).toEqual(
    best.slice(0, 3).map(({ id }) => `caption ${id}`),
  );
  await expect(classify(241)).rejects.toMatchObject({
    code: 'vectorize_limit',
    message: 'Vectorize: captions of labelSet: expected at most 240, got 241',
  });
});

describe('an error names the problem:', () => {
  test('no binding', async () => {
    await expect(openVectorize(undefined, manifestOf(), 'image')).rejects.toMatchObject({
      code: 'index_unreadable',
      message: expect.stringContaining('expected the binding VECTORIZE'),
    });
  });

  test('an index of another dimension', async () => {
    await expect(openVectorize(index, manifestOf(64), 'image')).rejects.toThrow(
      'expected a Vectorize index of 64 dimensions, got 32',
    );
  });

  test('a missing vector', async () => {
    const other = createVectorizeStandIn({ dimensions: dim });
    const images = await openVectorize(other, manifestOf(), 'image');
    await expect(images.vector(3)).rejects.toThrow(`expected vector ${version}:image:3, got none`);
  });

  test('a failure of the service, with its code', async () => {
    const images = await open();
    index.fail(new Error('VECTOR_QUERY_ERROR (code = 40041): Too Many Requests'));
    await expect(images.search(queries[0], 5)).rejects.toMatchObject({
      code: 'vectorize_failed',
      message: 'Vectorize: query failed with code 40041',
    });
  });

  test('a version whose ids would be too long', () => {
    expect(() => vectorNames('v'.repeat(60), 'image', 10)).toThrow(
      /bytes of an id of version v+: expected at most 64, got 68/,
    );
    expect(() => vectorNames('v', 'image', 10).ordinal('v:image:10')).toThrow(
      'expected ids v:image:0 to 9, got v:image:10',
    );
  });
});
