/**
 * The search kernel in plain TypeScript. It is the specification that `assembly/search.ts` is tested
 * against: integer scores must be equal, float scores equal up to rounding.
 */
import type { HnswGraph } from '../version/graph.ts';
import { codeStrideOf } from '../version/format.ts';
import type { Plane, QuantisedVectors } from '../version/quantise.ts';
import { codeQueryBits, type QuantisedQuery } from './quantise-query.ts';

/** Integer inner product of row `id` of values and the query; an Int8Array query is offset by 64. */
export function scalarScore(query: QuantisedQuery, values: Int8Array, id: number): number {
  const offset = query instanceof Int8Array ? 64 : 0;
  const row = values.subarray(id * query.length, (id + 1) * query.length);
  // The values past the dimension are zero.
  return row.reduce((sum, value, j) => sum + (query[j]! - offset) * value, 0);
}

/** Sum a query (rows of bits, in two's complement) over the set bits of code `id`. */
export function scalarCodeScore(rows: Uint8Array, codes: Uint8Array, id: number): number {
  const codeStride = rows.length / codeQueryBits;
  let sum = 0;
  for (let j = 0; j < 8 * codeStride; j++) {
    const bit = (bytes: Uint8Array, row: number) =>
      (bytes[row * codeStride + (j >> 3)]! >> (j & 7)) & 1;
    if (bit(codes, id) === 0) continue;
    sum += bit(rows, 0) + 2 * bit(rows, 1) + 4 * bit(rows, 2) - 8 * bit(rows, 3);
  }
  return sum;
}

/** Inner product of vector `id`, dequantised, and a float query. */
export function scalarRescore(query: Float32Array, x: QuantisedVectors, id: number): number {
  const vector = scalarVector(x, id);
  return query.reduce((sum, value, j) => sum + value * vector[j]!, 0);
}

/** Dequantise vector `id` from the most precise planes. */
export function scalarVector(
  { dim, codes, vectors, residuals }: QuantisedVectors,
  id: number,
): Float32Array {
  const component = ({ scales, values }: Plane, j: number) =>
    scales[j]! * values[id * scales.length + j]!;
  return Float32Array.from({ length: dim }, (_, j) => {
    if (vectors) return component(vectors, j) + (residuals ? component(residuals, j) : 0);
    const { centre, scales, bits } = codes!;
    const bit = (bits[id * codeStrideOf(dim) + (j >> 3)]! >> (j & 7)) & 1;
    return centre[j]! + (bit ? scales[j]! : -scales[j]!);
  });
}

/** SEARCH-LAYER on level 0 after the greedy descent (Malkov & Yashunin 2018, Alg. 2 and 5); ids best first. */
export function scalarSearch(
  score: (id: number) => number,
  graph: HnswGraph,
  ef: number,
): number[] {
  const start = descend(score, graph);
  const visited = new Set([start]);
  const pool = [{ id: start, score: score(start), expanded: false }];
  for (let next = 0; next < pool.length; next++) {
    const best = pool[next]!;
    if (best.expanded) continue;
    best.expanded = true;
    const { id } = best;
    for (const neighbour of graph.links.subarray(graph.linkStarts[id], graph.linkStarts[id + 1])) {
      if (visited.has(neighbour)) continue;
      visited.add(neighbour);
      const candidate = { id: neighbour, score: score(neighbour), expanded: false };
      if (pool.length === ef) {
        if (candidate.score <= pool[ef - 1]!.score) continue;
        pool.pop();
      }
      // Insert after the candidates with the same score.
      const worse = pool.findIndex((other) => other.score < candidate.score);
      const at = worse < 0 ? pool.length : worse;
      pool.splice(at, 0, candidate);
      next = Math.min(next, at - 1);
    }
  }
  return pool.map(({ id }) => id);
}

function descend(score: (id: number) => number, graph: HnswGraph): number {
  let best = graph.entryPoint;
  for (let level = graph.maxLevel; level > 0; level--) {
    for (let moved = true; moved;) {
      moved = false;
      const at = (graph.upperStarts[best]! + level - 1) * (1 + graph.M);
      const degree = graph.upperLinks[at]!;
      for (const neighbour of graph.upperLinks.subarray(at + 1, at + 1 + degree)) {
        if (score(neighbour) > score(best)) {
          best = neighbour;
          moved = true;
        }
      }
    }
  }
  return best;
}
