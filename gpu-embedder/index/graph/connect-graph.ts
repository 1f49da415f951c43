import type { HnswGraph } from '../../../src/version/graph.ts';
import { reachedNodes } from './reached-nodes.ts';

/**
 * Add links on level 0 until every node can be reached from the entry point. HNSW's heuristic
 * drops links to near duplicates, which leaves a few nodes that no search would ever find.
 */
export function connectGraph(graph: HnswGraph): HnswGraph {
  const { count, M } = graph;
  const reached = reachedNodes(graph);
  if (!reached.includes(0)) return graph;
  const neighbours = Array.from({ length: count }, (_, id) =>
    Array.from(graph.links.subarray(graph.linkStarts[id], graph.linkStarts[id + 1])),
  );
  let added = 0;
  for (let id = 0; id < count; id++) {
    if (reached[id]) continue;
    const host = nearestHost(id, neighbours, reached, 2 * M) ?? anyHost(neighbours, reached, 2 * M);
    // A graph whose every reached node is full has no room for the rest.
    if (host === undefined) break;
    neighbours[host].push(id);
    added++;
    spread(id, neighbours, reached);
  }
  if (added === 0) return graph;
  const linkStarts = new Uint32Array(count + 1);
  for (let id = 0; id < count; id++) linkStarts[id + 1] = linkStarts[id] + neighbours[id].length;
  return { ...graph, linkStarts, links: Uint32Array.from(neighbours.flat()) };
}

/** Mark all nodes that can be reached from `start`. */
function spread(start: number, neighbours: readonly number[][], reached: Uint8Array): void {
  const queue = [start];
  reached[start] = 1;
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (const next of neighbours[id]) {
      if (reached[next]) continue;
      reached[next] = 1;
      queue.push(next);
    }
  }
}

/** Find a reached node with room for a link. The search is breadth first, so near ones come first. */
function nearestHost(
  id: number,
  neighbours: readonly number[][],
  reached: Uint8Array,
  M0: number,
): number | undefined {
  const seen = new Set([id]);
  for (const node of seen) {
    if (reached[node] && neighbours[node].length < M0) return node;
    for (const next of neighbours[node]) seen.add(next);
  }
  return undefined;
}

function anyHost(
  neighbours: readonly number[][],
  reached: Uint8Array,
  M0: number,
): number | undefined {
  const host = neighbours.findIndex((links, id) => reached[id] === 1 && links.length < M0);
  return host < 0 ? undefined : host;
}
