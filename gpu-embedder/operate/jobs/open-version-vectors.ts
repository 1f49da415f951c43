import type { VectorKind } from '../../../src/version/keys.ts';
import { idsWithin, rangeOf, type Range } from '../../../src/version/ranges.ts';
import type { Searcher } from '../../../src/hnsw/searcher.ts';
import { openVectors } from '../../../src/search/open/open-vectors.ts';
import type { VersionFiles } from '../../../src/search/open/version-files.ts';
import { readPlainVectors } from '../vectorize/read-plain-vectors.ts';
import { loadWasm } from '../../common/wasm-modules.ts';

/** The stored vectors of a version; searches may use them at the edge or in Vectorize. */
export interface VersionVectors {
  /** Read the vector of an item or a caption: [embedDim]. */
  vector(ordinal: number): Float32Array;
  /** @returns a function that gives the cosines of a query with these ordinals, in their order */
  scorer(ordinals: readonly number[]): (query: Float32Array) => Float32Array;
}

type Part = Pick<Searcher, 'score' | 'vector'>;

/** Read the vectors of a version. @throws DiptychError index_unreadable */
export async function openVersionVectors(
  files: VersionFiles,
  kind: VectorKind,
): Promise<VersionVectors> {
  const { manifest } = files;
  const { vectors, shards } = manifest;
  const everything: Range = { first: 0, count: manifest[kind].count };
  const ranges = shards?.map((shard) => shard[kind]) ?? [everything];
  const parts: Part[] = [];
  for (let i = 0; i < ranges.length; i++) {
    parts.push(
      vectors === 'vectorize'
        ? await openPlain(files, kind)
        : await openVectors(files, kind, loadWasm('search'), shards && i),
    );
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

/** Open vectors that are kept for Vectorize: unit vectors as rows of float32. */
async function openPlain(files: VersionFiles, kind: VectorKind): Promise<Part> {
  const rows = await readPlainVectors(files, kind);
  const dim = files.manifest.model.embedDim;
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
