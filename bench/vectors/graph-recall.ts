import { createExactSearch } from '../../gpu-embedder/index/version/exact-search.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { quantise } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import type { HnswGraph } from '../../src/version/graph.ts';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import type { VectorData } from './vector-data.ts';

const k = 10;

/** Prepare to measure annRecall@10 of graphs; the exact search and quantisation run only once. */
export function graphRecall({ vectors, dim, queries }: VectorData) {
  const exactSearch = createExactSearch(vectors, dim);
  const exact = queries.map((query) => exactSearch(query, k));
  const quantised = quantise(vectors, dim, 'int8+residual');
  return (graph: HnswGraph, efs: readonly number[]): number[] => {
    const searcher = openSearcher(writeVectorFile(graph, quantised, xxh64), { dim });
    return efs.map((ef) => {
      const found = queries.map((query) => searcher.search(query, k, { efSearch: ef }).ids);
      return annRecallAtK(found, exact, k);
    });
  };
}
