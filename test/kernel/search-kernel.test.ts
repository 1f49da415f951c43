import v8 from 'node:v8';
import { describe, expect, test } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import { alignUp, codeStrideOf, strideOf } from '../../src/version/format.ts';
import { quantise } from '../../src/version/quantise.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import {
  codeQueryBits,
  quantiseCodeQuery,
  quantiseQuery,
  type QuantisedQuery,
} from '../../src/hnsw/quantise-query.ts';
import { searcherFileOffset, searcherScratch } from '../../src/version/searcher-memory.ts';
import { hasRelaxedSimd } from '../../src/kernel/relaxed-simd.ts';
import {
  scalarCodeScore,
  scalarRescore,
  scalarScore,
  scalarSearch,
  scalarVector,
} from '../../src/hnsw/scalar.ts';
import { createSearchKernel } from '../../src/kernel/search-kernel.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import { clusteredVectors, rowsOf } from '../index/clustered-vectors.ts';

v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

const builds = ['search-plain', 'search-relaxed'] as const;
const dims = [1, 3, 15, 16, 17, 64, 255, 256, 512, 768, 1024];
/** An odd number: the kernel scores two at a time. */
const rows = 41;

describe.each(builds)('%s', (build) => {
  test.each(dims)('scores integers as the scalar reference does, dim %i', (dim) => {
    const { scales, values, sums } = quantise(clusteredVectors(rows, dim, 1), dim, 'int8').vectors!;
    const query = operandFor(build, foldQuery(clusteredVectors(1, dim, 2), scales));
    const { scores, ids } = kernelScores(build, dim, query, { vectors: values, sums });
    expect(scores).toEqual(ids.map((id) => scalarScore(query, values, id)));
  });

  test.each(dims)('scores codes as the scalar reference does, dim %i', (dim) => {
    const { scales, bits } = quantise(clusteredVectors(rows, dim, 1), dim, '1bit').codes!;
    const query = new Uint8Array(codeQueryBits * codeStrideOf(dim));
    quantiseCodeQuery(foldQuery(clusteredVectors(1, dim, 2), scales).subarray(0, dim), query);
    const { scores, ids } = kernelScores(build, dim, query, { codes: bits });
    expect(scores).toEqual(ids.map((id) => scalarCodeScore(query, bits, id)));
  });

  test.each(dims)('walks and re-scores as the scalar reference does, dim %i', async (dim) => {
    const vectors = clusteredVectors(900, dim, 1);
    const x = quantise(vectors, dim, 'int8+residual');
    const { scales, values } = x.vectors!;
    const graph = await buildGraph(vectors, dim, { M: 4, efConstruction: 30 });
    const searcher = openSearcher(writeVectorFile(graph, x, xxh64), { module: loadWasm(build) });
    for (const query of rowsOf(clusteredVectors(5, dim, 3), dim)) {
      const operand = operandFor(build, foldQuery(query, scales));
      const expected = scalarSearch((id) => scalarScore(operand, values, id), graph, 20);
      const { ids, scores } = searcher.search(query, 20, { efSearch: 20 });
      expect([...ids].sort()).toEqual(expected.sort());
      for (const [i, id] of ids.entries()) {
        expect(scores[i]).toBeCloseTo(scalarRescore(query, x, id), 5);
      }
      expect([...scores]).toEqual([...scores].sort((a, b) => b - a));
    }
    const vector = scalarVector(x, 7);
    for (const [j, value] of searcher.vector(7).entries()) expect(value).toBeCloseTo(vector[j], 6);
  });

  test('does not overflow on the largest operands', async () => {
    const dim = 512;
    const vectors = new Float32Array(2 * dim).fill(1 / Math.sqrt(dim));
    vectors.fill(-1 / Math.sqrt(dim), dim);
    const graph = await buildGraph(vectors, dim, { M: 2, efConstruction: 10 });
    const file = writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64);
    const searcher = openSearcher(file, { module: loadWasm(build) });
    const { ids, scores } = searcher.search(vectors.slice(0, dim), 2);
    expect([...ids]).toEqual([0, 1]);
    expect(scores[0]).toBeCloseTo(1, 5);
    expect(scores[1]).toBeCloseTo(-1, 5);
  });
});

test('relaxed SIMD is found once it is on', () => {
  expect(hasRelaxedSimd()).toBe(true);
});

test.each([
  ['', 'ef46db3751d8e999'],
  ['abc', '44bc2cf5ad770999'],
  ['Nobody inspects the spammish repetition', 'fbcea83c8a378bf1'],
])('XXH64 of %j as published', (text, expected) => {
  expect(xxh64(new TextEncoder().encode(text)).toString(16)).toBe(expected);
});

function foldQuery(query: Float32Array, scales: Float32Array): Float32Array {
  const norm = Math.hypot(...query);
  return scales.map((scale, j) => (j < query.length ? Math.fround(query[j] / norm) * scale : 0));
}

function operandFor(build: (typeof builds)[number], folded: Float32Array): QuantisedQuery {
  const Target = build === 'search-relaxed' ? Int8Array : Int16Array;
  const operand = new Target(folded.length);
  quantiseQuery(folded, operand);
  return operand;
}

/** What the kernel makes of all rows in some order. */
function kernelScores(
  build: (typeof builds)[number],
  dim: number,
  query: QuantisedQuery | Uint8Array,
  planes: Partial<Record<'codes' | 'vectors' | 'sums', Uint8Array | Int8Array | Int32Array>>,
) {
  const memory = createMemory(4);
  const kernel = createSearchKernel(loadWasm(build), memory);
  let end: number = searcherFileOffset;
  const write = (bytes?: Uint8Array | Int8Array | Int32Array): number => {
    if (!bytes) return 0;
    const at = alignUp(end);
    new Uint8Array(memory.buffer, at).set(new Uint8Array(bytes.buffer, 0, bytes.byteLength));
    end = at + bytes.byteLength;
    return at;
  };
  kernel.configure(rows, strideOf(dim), codeStrideOf(dim), 2, 0, 0, 0);
  kernel.placeVectors(write(planes.codes), write(planes.vectors), write(planes.sums), 0);
  const at = searcherScratch(alignUp(end), 0, rows, 64);
  kernel.placeScratch(at.visited, at.filter, at.query, at.floatQuery, at.ids, at.scores, at.pool);
  new Uint8Array(memory.buffer, at.query).set(new Uint8Array(query.buffer));
  const ids = Uint32Array.from({ length: rows }, (_, i) => (i * 7) % rows);
  new Uint32Array(memory.buffer, at.ids).set(ids);
  kernel.score(rows);
  return { ids: [...ids], scores: [...new Int32Array(memory.buffer, at.scores, rows)] };
}
