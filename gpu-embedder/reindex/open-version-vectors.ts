import {
  plainVectorFile,
  vectorFile,
  type VectorKind,
  versionKey,
} from '../../src/version/keys.ts';
import type { Manifest } from '../../src/artifact/manifest.ts';
import { idsWithin, rangeOf, type Range } from '../../src/artifact/ranges.ts';
import { DiptychError } from '../../src/errors.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import type { Searcher } from '../../src/hnsw/searcher.ts';
import { openSearcher } from '../index/open-searcher.ts';

/** The vectors of a version as it keeps them, wherever they are searched. */
export interface VersionVectors {
  /** The vector of an item or a caption: [embedDim]. */
  vector(ordinal: number): Float32Array;
  /** @returns cosines of a query with these ordinals, in their order */
  scorer(ordinals: readonly number[]): (query: Float32Array) => Float32Array;
}

type Part = Pick<Searcher, 'score' | 'vector'>;

/** Read the vectors of a version. @throws DiptychError index_unreadable */
export async function openVersionVectors(
  objects: ObjectStore,
  manifest: Manifest,
  kind: VectorKind,
): Promise<VersionVectors> {
  const { collection, version, vectors, shards } = manifest;
  const { embedDim: dim } = manifest.model;
  const everything: Range = { first: 0, count: manifest[kind].count };
  const ranges = shards?.map((shard) => shard[kind]) ?? [everything];
  const parts: Part[] = [];
  for (let i = 0; i < ranges.length; i++) {
    const isPlain = vectors === 'vectorize';
    const name = isPlain ? plainVectorFile(kind) : vectorFile(kind, shards && i);
    const key = versionKey(collection, version, name);
    const bytes = await objects.get(key);
    if (!bytes) throw new DiptychError('index_unreadable', `${key}: expected an object, got none`);
    parts.push(isPlain ? plainPart(key, bytes, dim) : openSearcher(bytes, { name: key, dim }));
  }
  return {
    vector(ordinal) {
      const place = rangeOf(ranges, ordinal);
      return parts[place].vector(ordinal - ranges[place].first);
    },
    scorer(ordinals) {
      const within = ranges.map((range) => idsWithin(range, ordinals));
      return (query) => {
        const scores = new Float32Array(ordinals.length);
        for (const [i, { places, local }] of within.entries()) {
          parts[i].score(query, local).forEach((score, at) => (scores[places[at]] = score));
        }
        return scores;
      };
    },
  };
}

/** Vectors that are for Vectorize: rows of float32, of length 1. */
function plainPart(key: string, bytes: Uint8Array, dim: number): Part {
  if (bytes.byteLength % (4 * dim) !== 0) {
    throw new DiptychError(
      'index_unreadable',
      `${key}: expected rows of ${4 * dim} bytes, got ${bytes.byteLength}`,
    );
  }
  const rows = new Float32Array(bytes.slice().buffer);
  const vector = (id: number) => rows.slice(id * dim, (id + 1) * dim);
  return {
    vector,
    score: (query, ids) => {
      const norm = Math.hypot(...query);
      return Float32Array.from(ids, (id) => {
        let sum = 0;
        for (let j = 0; j < dim; j++) sum += query[j] * rows[id * dim + j];
        return norm > 0 ? sum / norm : 0;
      });
    },
  };
}
