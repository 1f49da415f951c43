import type { HnswGraph } from '../../../src/version/graph.ts';

/** An HNSW graph of a fixed number of nodes whose links can change. */
export interface MutableGraph {
  readonly count: number;
  readonly M: number;
  readonly efConstruction: number;
  /** [count + 1], as in `HnswGraph`: a node has a row for each of its levels above 0. */
  readonly upperStarts: Uint32Array;
  /** Rows of degree and ids: [count][1 + 2 M] for level 0, then [upper rows][1 + M]. */
  readonly rows: Uint32Array;
  /** -1 while the graph has no nodes. */
  entryPoint: number;
  maxLevel: number;
}

/** Create a graph without links. @param levels - [count], level of each node */
export function createMutableGraph(
  levels: ArrayLike<number>,
  M: number,
  efConstruction: number,
): MutableGraph {
  const count = levels.length;
  const upperStarts = new Uint32Array(count + 1);
  for (let id = 0; id < count; id++) upperStarts[id + 1] = upperStarts[id] + levels[id];
  const rows = new Uint32Array(count * (1 + 2 * M) + upperStarts[count] * (1 + M));
  return { count, M, efConstruction, upperStarts, rows, entryPoint: -1, maxLevel: 0 };
}

/** Return the largest number of links that a node may have on a level. */
export function maxDegree({ M }: Pick<MutableGraph, 'M'>, level: number): number {
  return level === 0 ? 2 * M : M;
}

export function levelOf({ upperStarts }: Pick<HnswGraph, 'upperStarts'>, id: number): number {
  return upperStarts[id + 1] - upperStarts[id];
}

/** Find where the row of a node on a level begins. A row holds the degree, then the ids. */
export function rowAt({ count, M, upperStarts }: MutableGraph, id: number, level: number): number {
  if (level === 0) return id * (1 + 2 * M);
  return count * (1 + 2 * M) + (upperStarts[id] + level - 1) * (1 + M);
}

/** View the links of a node on a level. */
export function linksOf(graph: MutableGraph, id: number, level: number): Uint32Array {
  const row = rowAt(graph, id, level);
  return graph.rows.subarray(row + 1, row + 1 + graph.rows[row]);
}

export function setLinks(
  graph: MutableGraph,
  id: number,
  level: number,
  links: readonly number[],
): void {
  const { rows } = graph;
  const row = rowAt(graph, id, level);
  for (let j = links.length; j < rows[row]; j++) rows[row + 1 + j] = 0;
  rows[row] = links.length;
  for (let j = 0; j < links.length; j++) rows[row + 1 + j] = links[j];
}

/** Pack the links into the arrays that files hold. */
export function packGraph(graph: MutableGraph): HnswGraph {
  const { count, M, efConstruction, upperStarts, rows, entryPoint, maxLevel } = graph;
  const linkStarts = new Uint32Array(count + 1);
  for (let id = 0; id < count; id++)
    linkStarts[id + 1] = linkStarts[id] + rows[rowAt(graph, id, 0)];
  const links = new Uint32Array(linkStarts[count]);
  for (let id = 0; id < count; id++) {
    const row = rowAt(graph, id, 0) + 1;
    for (let j = linkStarts[id]; j < linkStarts[id + 1]; j++)
      links[j] = rows[row + j - linkStarts[id]];
  }
  const upperLinks = rows.slice(count * (1 + 2 * M));
  return {
    ...{ count, M, efConstruction, entryPoint, maxLevel },
    ...{ linkStarts, links, upperStarts, upperLinks },
  };
}
