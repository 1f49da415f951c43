import v8 from 'node:v8';
import { createExactSearch } from '../gpu-embedder/index/version/exact-search.ts';
import { annRecallAtK } from '../src/metrics/ann-recall.ts';
import type { BenchOptions } from './bench.ts';
import { hnswlibSide, ourSide, usearchSide, type Side } from './vectors/sides.ts';
import { openSources, type VectorData } from './vectors/vector-data.ts';

export interface SearchRow {
  readonly data: string;
  /** annRecall@10 that each side must reach. */
  readonly target: number;
  readonly side: string;
  readonly efSearch: number;
  readonly recall: number;
  /** Queries per second of one thread; absent if no effort reaches the target. */
  readonly queriesPerSecond?: number;
  /** Speed of Diptych (the first row of the data) as a multiple of this side's. */
  readonly ours?: number;
}

const k = 10;
const targets = { text: 0.99, image: 0.998, synthetic: 0.98 } as const;
const efs = [
  ...[10, 12, 14, 16, 18, 20, 24, 28, 32, 36, 40, 48, 56, 64, 72, 80, 88, 96, 112, 128, 144, 160],
  ...[192, 224, 256, 320, 384, 512, 768, 1024],
];
/** Each side answers all queries in each round, in turn; its fastest round counts. */
const rounds = 7;

export const question =
  'How many queries per second do the kernel, hnswlib-node and usearch answer at the same annRecall@10?';
export const flags = ['embeddings', 'data', 'count', 'dim'] as const;

export async function run(options: BenchOptions = {}): Promise<SearchRow[]> {
  // workerd enables this by default; without it, only the plain build could be measured.
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  const rows: SearchRow[] = [];
  for await (const { source, data } of openSources(['text', 'image', 'synthetic'], options)) {
    rows.push(...compare(data, targets[source]));
  }
  return rows;
}

function compare(data: VectorData, target: number): SearchRow[] {
  const { side: hnswlib, graph } = hnswlibSide(data);
  const sides = [
    ourSide(data, graph, 'search-relaxed'),
    ourSide(data, graph, 'search-plain'),
    hnswlib,
    usearchSide(data, 'f32'),
    usearchSide(data, 'i8'),
  ];
  const exactSearch = createExactSearch(data.vectors, data.dim);
  const exact = data.queries.map((query) => exactSearch(query, k));
  const recall = (side: Side, ef: number) =>
    annRecallAtK(
      exact.map((_, i) => side.search(i, k, ef)),
      exact,
      k,
    );
  const tuned = sides.map((side) => {
    const efSearch = leastEf((ef) => recall(side, ef) >= target);
    return { side, efSearch, recall: recall(side, efSearch) };
  });
  const able = tuned.filter((one) => one.recall >= target);
  const speeds = race(data.queries.length, able);
  const speedOf = new Map(able.map(({ side }, i) => [side, speeds[i]]));
  return tuned.map(({ side, efSearch, recall: reached }) => {
    const speed = speedOf.get(side);
    return {
      ...{ data: data.name, target, side: side.name, efSearch, recall: reached },
      ...(speed && { queriesPerSecond: Math.round(speed), ours: speeds[0] / speed }),
    };
  });
}

/** Find the least of `efs` that suffices, by bisection; the greatest if none suffices. */
function leastEf(suffices: (ef: number) => boolean): number {
  let [first, last] = [0, efs.length - 1];
  while (first < last) {
    const middle = (first + last) >> 1;
    if (suffices(efs[middle])) last = middle;
    else first = middle + 1;
  }
  return efs[first];
}

/** Measure queries per second of each side, in turn, so that other load affects all of them. */
function race(
  queries: number,
  sides: readonly { readonly side: Side; readonly efSearch: number }[],
): number[] {
  const fastest = sides.map(() => Infinity);
  for (let round = 0; round < rounds; round++) {
    for (const [at, { side, efSearch }] of sides.entries()) {
      // A side that must reload for another efSearch does it here, before the clock starts.
      side.search(0, k, efSearch);
      const start = performance.now();
      for (let i = 0; i < queries; i++) side.search(i, k, efSearch);
      fastest[at] = Math.min(fastest[at], performance.now() - start);
    }
  }
  return fastest.map((milliseconds) => (1000 * queries) / milliseconds);
}
