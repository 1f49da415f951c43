import { expect, test } from 'vitest';
import { connectGraph } from '../../gpu-embedder/index/graph/connect-graph.ts';
import type { HnswGraph } from '../../src/version/graph.ts';

/** Make level 0 of a graph with M = 1, where a node has at most two links. */
function graphOf(links: readonly number[][]): HnswGraph {
  let end = 0;
  return {
    count: links.length,
    M: 1,
    efConstruction: 1,
    entryPoint: 0,
    maxLevel: 0,
    linkStarts: Uint32Array.from([0, ...links.map((list) => (end += list.length))]),
    links: Uint32Array.from(links.flat()),
    upperStarts: new Uint32Array(links.length + 1),
    upperLinks: new Uint32Array(),
  };
}

const linksOf = ({ links, linkStarts, count }: HnswGraph) =>
  Array.from({ length: count }, (_, id) => [...links.subarray(linkStarts[id], linkStarts[id + 1])]);

test('a graph in which all can be reached stays as it is', () => {
  const graph = graphOf([[1], [2], [0]]);
  expect(connectGraph(graph)).toBe(graph);
});

test('an unreachable node is linked from the nearest reached one that has room', () => {
  // Node 3 links to node 1, which is full. Of the neighbours of 1, only 2 has room.
  const connected = connectGraph(graphOf([[1, 2], [0, 2], [1], [1]]));
  expect(linksOf(connected)).toEqual([[1, 2], [0, 2], [1, 3], [1]]);
});

test('an island without links to the rest is reached, too', () => {
  const connected = connectGraph(graphOf([[1], [0], [3], [2]]));
  expect(linksOf(connected)).toEqual([[1, 2], [0], [3], [2]]);
});
