/**
 * The search kernel in plain TypeScript: the specification that `assembly/search.ts` is tested
 * against. Integer scores must be equal; float scores to rounding.
 */
import type { HnswGraph } from '../hnsw/graph.ts';
import type { QuantisedVectors } from '../artifact/quantise.ts';
import type { QuantisedQuery } from '../hnsw/quantise-query.ts';

/** Integer inner product of vector `id` and the query; an Int8Array query is offset by 64. */
export function scalarScore(query: QuantisedQuery, x: QuantisedVectors, id: number): number {
  const stride = query.length;
  const offset = query instanceof Int8Array ? 64 : 0;
  let sum = 0;
  for (let j = 0; j < x.dim; j++) sum += (query[j] - offset) * x.vectors[id * stride + j];
  return sum;
}

/** Inner product of vector `id`, dequantised from both planes, and a float query. */
export function scalarRescore(query: Float32Array, x: QuantisedVectors, id: number): number {
  const vector = scalarVector(x, id);
  return query.reduce((sum, value, j) => sum + value * vector[j], 0);
}

/** Dequantise vector `id`. */
export function scalarVector(x: QuantisedVectors, id: number): Float32Array {
  const row = id * x.scales.length;
  return Float32Array.from({ length: x.dim }, (_, j) => {
    const value = x.scales[j] * x.vectors[row + j];
    return x.residuals && x.residualScales
      ? value + x.residualScales[j] * x.residuals[row + j]
      : value;
  });
}

/** SEARCH-LAYER on level 0 after the greedy descent (Malkov & Yashunin 2016, Alg. 2 and 5); ids best first. */
export function scalarSearch(
  score: (id: number) => number,
  graph: HnswGraph,
  ef: number,
): number[] {
  const start = descend(score, graph);
  const visited = new Set([start]);
  const pool = [{ id: start, score: score(start), expanded: false }];
  for (let next = 0; next < pool.length; next++) {
    if (pool[next].expanded) continue;
    pool[next].expanded = true;
    const { id } = pool[next];
    for (const neighbour of graph.links.subarray(graph.linkStarts[id], graph.linkStarts[id + 1])) {
      if (visited.has(neighbour)) continue;
      visited.add(neighbour);
      const candidate = { id: neighbour, score: score(neighbour), expanded: false };
      if (pool.length === ef) {
        if (candidate.score <= pool[ef - 1].score) continue;
        pool.pop();
      }
      // Behind those of the same score.
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
      const at = (graph.upperStarts[best] + level - 1) * (1 + graph.M);
      const degree = graph.upperLinks[at];
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
