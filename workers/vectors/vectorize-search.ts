import pMap from 'p-map';
import type { VectorKind } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import { passes } from '../../src/hnsw/item-filter.ts';
import { dot } from '../../src/metrics/dot.ts';
import { vectorizeLimits } from '../../src/vectorize/limits.ts';
import { vectorNames, type VectorNames } from '../../src/vectorize/vector-names.ts';
import type { VectorSearch } from '../../src/search/vector-search.ts';
import type { VectorizeBinding } from './vectorize-binding.ts';

/** Calls at the same time: a worker may open six connections. */
const concurrency = 6;
/** Two rounds of calls: more would be slow, and a free worker may make 50 calls per request. */
const mostScored = 2 * concurrency * vectorizeLimits.getBatch;

/**
 * Search the vectors of an index version that were put into Vectorize.
 *
 * Vectorize searches approximately and its scores are approximations: the best 20 are scored again
 * by their vectors. It gives 100 results at most, whatever `k`.
 *
 * @throws DiptychError index_unreadable, vectorize_limit, vectorize_failed
 */
export async function openVectorize(
  index: VectorizeBinding | undefined,
  manifest: Manifest,
  kind: VectorKind,
): Promise<VectorSearch> {
  const { collection, version, model } = manifest;
  const { count } = manifest[kind];
  if (!index) {
    throw new DiptychError(
      'index_unreadable',
      `collection ${collection}, version ${version}: its vectors are in Vectorize: expected the binding VECTORIZE, got none`,
    );
  }
  const { dimensions } = await ask('describe', () => index.describe());
  if (dimensions !== model.embedDim) {
    throw new DiptychError(
      'index_unreadable',
      `collection ${collection}, version ${version}: expected a Vectorize index of ${model.embedDim} dimensions, got ${dimensions}`,
      { expected: model.embedDim, got: dimensions },
    );
  }
  return searchVectorize(index, vectorNames(version, kind, count), count);
}

function searchVectorize(index: VectorizeBinding, names: VectorNames, count: number): VectorSearch {
  const vectorsOf = (ids: readonly number[]) => getVectors(index, names, ids);
  return {
    mostScored,
    async search(query, k, { filter } = {}) {
      // Vectorize cannot filter by ordinal: over-fetch by the number of hidden items.
      const hidden = filter ? count - filter.size : 0;
      const topK = Math.min(k + hidden, count, vectorizeLimits.topK);
      const asked = topK > 0 ? await queryIndex(index, names, query, topK) : [];
      const nearest = asked.filter(({ id }) => !filter || passes(filter, id)).slice(0, k);
      const best = nearest.slice(0, defaults.rescore).map(({ id }) => id);
      const cosines = cosinesOf(query, best.map(await vectorsOf(best)));
      const found = nearest
        .map(({ id, score }, i) => ({ id, score: cosines[i] ?? score }))
        .sort((a, b) => b.score - a.score);
      return {
        ids: Uint32Array.from(found, ({ id }) => id),
        scores: Float32Array.from(found, ({ score }) => score),
        exhaustive: false,
        efSearch: topK,
      };
    },
    async score(query, ids) {
      const cosines = new Float32Array(ids.length).fill(NaN);
      const scored = Array.from(ids).slice(0, mostScored);
      cosines.set(cosinesOf(query, scored.map(await vectorsOf(scored))));
      return { cosines };
    },
    vector: async (id) => (await vectorsOf([id]))(id),
  };
}

async function queryIndex(
  index: VectorizeBinding,
  { namespace, ordinal }: VectorNames,
  query: Float32Array,
  topK: number,
): Promise<{ readonly id: number; readonly score: number }[]> {
  const { matches } = await ask('query', () =>
    index.query([...query], { topK, namespace, returnValues: false, returnMetadata: 'none' }),
  );
  return matches.map(({ id, score }) => ({ id: ordinal(id), score }));
}

/** Get vectors by their ids. @returns a function from an id to its vector, [dim] */
async function getVectors(
  index: VectorizeBinding,
  names: VectorNames,
  ids: readonly number[],
): Promise<(id: number) => Float32Array> {
  const vectors = new Map<string, Float32Array>();
  const batches: string[][] = [];
  for (let from = 0; from < ids.length; from += vectorizeLimits.getBatch) {
    batches.push(ids.slice(from, from + vectorizeLimits.getBatch).map(names.id));
  }
  const getBatch = (batch: string[]) => ask('getByIds', () => index.getByIds(batch));
  const answers = await pMap(batches, getBatch, { concurrency });
  for (const { id, values } of answers.flat()) vectors.set(id, Float32Array.from(values));
  return (ordinal) => {
    const id = names.id(ordinal);
    const vector = vectors.get(id);
    if (vector) return vector;
    throw new DiptychError('index_unreadable', `Vectorize: expected vector ${id}, got none`);
  };
}

/** @param vectors - L2-normalised, as `publish` sends them */
function cosinesOf(query: Float32Array, vectors: readonly Float32Array[]): number[] {
  const length = Math.hypot(...query) || 1;
  return vectors.map((vector) => dot(query, vector) / length);
}

/** Call Vectorize. Its own message goes to the log alone; the client reads that the call failed. */
async function ask<T>(method: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    const code = /code = (\d+)/.exec(String(cause))?.[1];
    const message = `Vectorize: ${method} failed${code ? ` with code ${code}` : ''}`;
    throw new DiptychError('vectorize_failed', message, undefined, { cause });
  }
}
