import { createExactSearch } from '../gpu-embedder/index/version/exact-search.ts';
import { createRandom } from '../gpu-embedder/common/random.ts';
import type { BenchOptions } from './bench.ts';
import { openSources, type VectorData } from './vectors/vector-data.ts';

export interface QuantiseRow {
  readonly data: string;
  readonly vectors: string;
  readonly query: string;
  /** Share of the exact ten among the best 10, 20, 64 and 256: the recall that re-scoring can reach. */
  readonly top10: number;
  readonly top20: number;
  readonly top64: number;
  readonly top256: number;
}

/** Quantises vectors or a query and converts them back. */
type Approximation = (x: Float32Array, dim: number) => Float32Array;

export const question =
  'What recall does a full scan of quantised vectors gain by scales, centring, rotation and query bits?';
export const flags = ['embeddings', 'data', 'queries', 'count', 'dim'] as const;

const depths = [10, 20, 64, 256] as const;

export async function run(options: BenchOptions = {}): Promise<QuantiseRow[]> {
  const rows: QuantiseRow[] = [];
  for await (const { data } of openSources(['text', 'image', 'synthetic'], options)) {
    const queries = data.queries.slice(0, Number(options['queries'] ?? 300));
    rows.push(...compare({ ...data, queries }));
  }
  return rows;
}

function compare({ name, vectors, dim, queries }: VectorData): QuantiseRow[] {
  const search = createExactSearch(vectors, dim);
  const exact = queries.map((query) => new Set(search(query, 10)));
  const scan = (
    kind: string,
    x: Float32Array,
    query: string,
    asked: readonly Float32Array[],
  ): QuantiseRow => {
    const approximate = createExactSearch(x, dim);
    const found = asked.map((one) => [...approximate(one, depths[depths.length - 1])]);
    const [top10, top20, top64, top256] = depths.map((depth) => {
      const hits = found.map((ids, i) => ids.slice(0, depth).filter((id) => exact[i].has(id)));
      return hits.reduce((sum, { length }) => sum + length, 0) / (10 * queries.length);
    });
    return { data: name, vectors: kind, query, top10, top20, top64, top256 };
  };
  const scales = scalesOf(vectors, dim);
  const bits = (n: number) => queries.map((query) => folded(query, scales, n));
  const perDimension = int8(vectors, dim);
  const rotation = randomRotation(dim);
  const [turned, asked] = [
    rotate(vectors, dim, rotation),
    queries.map((query) => rotate(query, dim, rotation)),
  ];
  const code = signs(vectors, dim, false);
  const centred = signs(vectors, dim, true);
  const turnedCode = signs(turned, dim, true);
  return [
    scan('int8, one scale', int8OneScale(vectors), 'float32', queries),
    scan('int8, a scale a dimension', perDimension, 'float32', queries),
    scan('int8, a scale a dimension', perDimension, '16 bits', bits(16)),
    scan('int8, a scale a dimension', perDimension, '7 bits', bits(7)),
    scan('int8, centred', centre(vectors, dim, int8), 'float32', queries),
    scan('int8, rotated', int8(turned, dim), 'float32', asked),
    scan('1 bit', code, 'float32', queries),
    scan('1 bit, centred', centred, 'float32', queries),
    scan('1 bit, centred', centred, '4 bits', scaled(queries, vectors, dim, 4)),
    scan('1 bit, centred', centred, '1 bit', queries.map(signOf)),
    scan('1 bit, centred, rotated', turnedCode, 'float32', asked),
    scan('1 bit, centred, rotated', turnedCode, '4 bits', scaled(asked, turned, dim, 4)),
  ];
}

function int8OneScale(x: Float32Array): Float32Array {
  let largest = 0;
  for (const value of x) largest = Math.max(largest, Math.abs(value));
  const scale = largest / 127;
  return x.map((value) => scale * Math.round(value / scale));
}

/** Compute the scales, [dim], that map the largest value of each dimension to 127. */
function scalesOf(x: Float32Array, dim: number): Float32Array {
  const scales = new Float32Array(dim);
  x.forEach((value, i) => {
    scales[i % dim] = Math.max(scales[i % dim], Math.abs(value) / 127);
  });
  return scales;
}

const int8: Approximation = (x, dim) => {
  const scales = scalesOf(x, dim);
  return x.map((value, i) => scales[i % dim] * Math.round(value / (scales[i % dim] || 1)));
};

function centre(x: Float32Array, dim: number, approximate: Approximation): Float32Array {
  const mean = meanOf(x, dim);
  const offsets = x.map((value, i) => value - mean[i % dim]);
  return approximate(offsets, dim).map((value, i) => value + mean[i % dim]);
}

function meanOf(x: Float32Array, dim: number): Float64Array {
  const mean = new Float64Array(dim);
  x.forEach((value, i) => (mean[i % dim] += value / (x.length / dim)));
  return mean;
}

/** Multiply a query by the scales of the vectors, quantise it to `bits`, and divide it again. */
function folded(query: Float32Array, scales: Float32Array, bits: number): Float32Array {
  const product = query.map((value, j) => value * scales[j]);
  const step = Math.max(...product.map(Math.abs)) / (2 ** (bits - 1) - 1);
  return product.map((value, j) => (Math.round(value / step) * step) / (scales[j] || 1));
}

function distancesOf(x: Float32Array, dim: number, mean: Float64Array): Float64Array {
  const distances = new Float64Array(dim);
  x.forEach((value, i) => (distances[i % dim] += Math.abs(value - mean[i % dim])));
  return distances.map((sum) => sum / (x.length / dim));
}

function signs(x: Float32Array, dim: number, centred: boolean): Float32Array {
  const mean = centred ? meanOf(x, dim) : new Float64Array(dim);
  const distances = distancesOf(x, dim, mean);
  return x.map((value, i) => {
    const j = i % dim;
    return mean[j] + (value > mean[j] ? distances[j] : -distances[j]);
  });
}

const signOf = (query: Float32Array): Float32Array => query.map(Math.sign);

/** Quantise queries to `bits`, with the mean distances of 1-bit codes as scales. */
function scaled(queries: readonly Float32Array[], x: Float32Array, dim: number, bits: number) {
  const distances = Float32Array.from(distancesOf(x, dim, meanOf(x, dim)));
  return queries.map((query) => folded(query, distances, bits));
}

/** Draw a random orthogonal matrix, [dim, dim]: Gram-Schmidt of normally distributed rows. */
function randomRotation(dim: number): readonly Float64Array[] {
  const random = createRandom(3);
  const rows: Float64Array[] = [];
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, j) => sum + v * b[j], 0);
  while (rows.length < dim) {
    const row = Float64Array.from({ length: dim }, () => random.normal());
    for (const other of rows) {
      const share = dot(row, other);
      for (let j = 0; j < dim; j++) row[j] -= share * other[j];
    }
    const norm = Math.sqrt(dot(row, row));
    rows.push(row.map((value) => value / norm));
  }
  return rows;
}

function rotate(x: Float32Array, dim: number, rotation: readonly Float64Array[]): Float32Array {
  const out = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += dim) {
    for (let r = 0; r < dim; r++) {
      const row = rotation[r];
      let sum = 0;
      for (let j = 0; j < dim; j++) sum += row[j] * x[at + j];
      out[at + r] = sum;
    }
  }
  return out;
}
