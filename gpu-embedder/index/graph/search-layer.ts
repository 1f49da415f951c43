import { rowAt, type MutableGraph } from './mutable-graph.ts';
import type { RowProducts } from './row-products.ts';
import type { Candidates } from './select-neighbours.ts';

/** Find the `ef` nodes of a level that are nearest to a node, without the node itself. */
export type LayerSearch = (id: number, entry: number, level: number, ef: number) => Candidates;

/**
 * Create SEARCH-LAYER (Malkov & Yashunin 2018, Alg. 2) over a graph. One list, sorted and cut at
 * `ef`, replaces both of its heaps, because a node that falls off the end is never expanded.
 *
 * @param maxEf - the largest `ef`; a result is valid until the next search
 */
export function createLayerSearch(
  graph: MutableGraph,
  products: RowProducts,
  maxEf: number,
): LayerSearch {
  const visited = new Uint32Array(graph.count);
  let epoch = 0;
  const ids = new Uint32Array(maxEf + 1);
  const scores = new Float32Array(maxEf + 1);
  const expanded = new Uint8Array(maxEf + 1);
  let size = 0;

  /** Insert a node by its score. Returns its place, or `ef` if it is too far away. */
  function insert(id: number, score: number, ef: number): number {
    if (size === ef && score <= scores[ef - 1]) return ef;
    let at = size < ef ? size++ : ef - 1;
    for (; at > 0 && scores[at - 1] < score; at--) {
      ids[at] = ids[at - 1];
      scores[at] = scores[at - 1];
      expanded[at] = expanded[at - 1];
    }
    ids[at] = id;
    scores[at] = score;
    expanded[at] = 0;
    return at;
  }

  /** List the links of a node that this search has not visited. Returns how many. */
  function unvisitedLinks(id: number, level: number): number {
    const row = rowAt(graph, id, level);
    const end = row + graph.rows[row];
    let n = 0;
    for (let j = row + 1; j <= end; j++) {
      const link = graph.rows[j];
      if (visited[link] === epoch) continue;
      visited[link] = epoch;
      products.ids[n++] = link;
    }
    return n;
  }

  return (id, entry, level, ef) => {
    epoch++;
    size = 0;
    visited[id] = visited[entry] = epoch;
    products.ids[0] = entry;
    products.multiply(id, 1);
    insert(entry, products.products[0], ef);
    for (let at = 0; at < size;) {
      if (expanded[at]) {
        at++;
        continue;
      }
      expanded[at] = 1;
      const n = unvisitedLinks(ids[at], level);
      products.multiply(id, n);
      for (let i = 0; i < n; i++) {
        at = Math.min(at, insert(products.ids[i], products.products[i], ef));
      }
    }
    return { ids, scores, size };
  };
}
