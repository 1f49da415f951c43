import type { HnswGraph } from '../../../src/version/graph.ts';

/** Mark the nodes that can be reached from the entry point on level 0: [count] of 0 or 1. */
export function reachedNodes({ count, entryPoint, linkStarts, links }: HnswGraph): Uint8Array {
  const reached = new Uint8Array(count);
  if (count === 0) return reached;
  const queue = [entryPoint];
  reached[entryPoint] = 1;
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    for (let j = linkStarts[id]; j < linkStarts[id + 1]; j++) {
      const next = links[j];
      if (reached[next]) continue;
      reached[next] = 1;
      queue.push(next);
    }
  }
  return reached;
}
