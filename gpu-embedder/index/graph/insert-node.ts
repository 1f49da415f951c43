import { levelOf, linksOf, maxDegree, setLinks, type MutableGraph } from './mutable-graph.ts';
import type { RowProducts } from './row-products.ts';
import { createLayerSearch } from './search-layer.ts';
import { orderByProduct, selectNeighbours } from './select-neighbours.ts';

/** Create INSERT (Malkov & Yashunin 2018, Alg. 1); links that the node had are replaced. */
export function createInsert(graph: MutableGraph, products: RowProducts): (id: number) => void {
  const { M, efConstruction } = graph;
  const search = createLayerSearch(graph, products, efConstruction);

  /** Add a link. If there are too many then, the heuristic chooses which to keep. */
  function addLink(from: number, to: number, level: number): void {
    const links = linksOf(graph, from, level);
    if (links.includes(to)) return;
    const all = [...links, to];
    const limit = maxDegree(graph, level);
    const chosen =
      all.length <= limit
        ? all
        : selectNeighbours(products, orderByProduct(products, from, all), { limit });
    setLinks(graph, from, level, chosen);
  }

  return (id) => {
    const level = levelOf(graph, id);
    if (graph.entryPoint >= 0) {
      let nearest = graph.entryPoint;
      for (let at = graph.maxLevel; at >= 0; at--) {
        const found = search(id, nearest, at, at > level ? 1 : efConstruction);
        nearest = found.ids[0];
        if (at > level) continue;
        const links = selectNeighbours(products, found, { limit: M });
        setLinks(graph, id, at, links);
        for (const link of links) addLink(link, id, at);
      }
    }
    if (graph.entryPoint >= 0 && level <= graph.maxLevel) return;
    graph.entryPoint = id;
    graph.maxLevel = level;
  };
}
