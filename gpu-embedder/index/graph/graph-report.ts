import type { HnswGraph } from '../../../src/version/graph.ts';
import { reachedNodes } from './reached-nodes.ts';

/** Properties of level 0, where every search ends. */
export interface GraphReport {
  /** Share of the nodes that can be reached from the entry point. */
  readonly reachable: number;
  /** Number of links of a node. */
  readonly degree: { readonly min: number; readonly mean: number; readonly max: number };
  /** Number of nodes that link to themselves. */
  readonly selfLinks: number;
  /** Share of the links whose target links back. */
  readonly mutual: number;
}

/** Describe level 0 of a graph. Without nodes, `reachable` and `mutual` are 1. */
export function reportGraph(graph: HnswGraph): GraphReport {
  const { count, links } = graph;
  const degrees = { min: count === 0 ? 0 : Infinity, max: 0 };
  const reached = reachedNodes(graph).filter((mark) => mark === 1).length;
  let selfLinks = 0;
  let mutual = 0;
  for (let id = 0; id < count; id++) {
    const own = linksOf(graph, id);
    degrees.min = Math.min(degrees.min, own.length);
    degrees.max = Math.max(degrees.max, own.length);
    if (own.includes(id)) selfLinks++;
    for (const link of own) if (linksOf(graph, link).includes(id)) mutual++;
  }
  return {
    reachable: count === 0 ? 1 : reached / count,
    degree: { ...degrees, mean: count === 0 ? 0 : links.length / count },
    selfLinks,
    mutual: links.length === 0 ? 1 : mutual / links.length,
  };
}

function linksOf({ links, linkStarts }: HnswGraph, id: number): Uint32Array {
  return links.subarray(linkStarts[id], linkStarts[id + 1]);
}
