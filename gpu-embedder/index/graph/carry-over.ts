import type { HnswGraph } from '../../../src/version/graph.ts';
import { levelOf, maxDegree, setLinks, type MutableGraph } from './mutable-graph.ts';
import type { RowProducts } from './row-products.ts';
import { orderByProduct, selectNeighbours } from './select-neighbours.ts';

/**
 * Create the function that copies a node of an old graph into a new one. Links to deleted nodes are
 * replaced by links to the neighbours of those nodes, as far as the heuristic accepts them (delete
 * consolidation, Singh et al. 2021, FreshDiskANN, Alg. 4).
 *
 * @param newOf - [previous.count], the id of each old node in `graph`; -1 if it is deleted
 * @returns a function of an old id. It returns false if the node lost more than half of its links on
 *   some level: then a whole region was deleted, and the caller has to insert the node again
 */
export function createCarryOver(
  previous: HnswGraph,
  newOf: Int32Array,
  graph: MutableGraph,
  products: RowProducts,
): (old: number) => boolean {
  /** List the new ids of the neighbours of deleted neighbours, each once. */
  function heirs(old: number, links: Uint32Array, level: number): number[] {
    const heirs = new Set<number>();
    for (const gone of links) {
      if (newOf[gone] >= 0) continue;
      for (const heir of oldLinks(previous, gone, level)) heirs.add(newOf[heir]);
    }
    heirs.delete(-1);
    heirs.delete(newOf[old]);
    for (const link of links) heirs.delete(newOf[link]);
    return [...heirs];
  }

  return (old) => {
    const id = newOf[old];
    let linked = true;
    for (let level = levelOf(previous, old); level >= 0; level--) {
      const links = oldLinks(previous, old, level);
      const kept: number[] = [];
      for (const link of links) if (newOf[link] >= 0) kept.push(newOf[link]);
      if (kept.length < links.length) {
        const candidates = orderByProduct(products, id, heirs(old, links, level));
        const limit = maxDegree(graph, level);
        const wish = { limit, taken: kept, atLeast: links.length };
        setLinks(graph, id, level, selectNeighbours(products, candidates, wish));
        linked &&= 2 * kept.length >= links.length;
      } else setLinks(graph, id, level, kept);
    }
    return linked;
  };
}

function oldLinks(graph: HnswGraph, id: number, level: number): Uint32Array {
  const { M, links, linkStarts, upperLinks, upperStarts } = graph;
  if (level === 0) return links.subarray(linkStarts[id], linkStarts[id + 1]);
  const row = (upperStarts[id] + level - 1) * (1 + M);
  return upperLinks.subarray(row + 1, row + 1 + upperLinks[row]);
}
