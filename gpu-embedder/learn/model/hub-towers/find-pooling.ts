import { findNorm } from './match-norm.ts';
import type { Norm } from './match-norm.ts';
import { NotUnderstood } from './not-understood.ts';
import { runPart } from './run-part.ts';
import type { Given } from './run-part.ts';
import type { TowerGraph } from './tower-graph.ts';

/** How one row of a tower is chosen. The norm works on rows, so it may stand before or after. */
export interface Pooling {
  readonly norm: Norm;
  /** What the last layer gives. */
  readonly input: string;
  /** The rows from which one is chosen, and the chosen one. */
  readonly rows: string;
  readonly chosen: string;
}

const choosing = new Set(['Gather', 'GatherND', 'GatherElements', 'Slice']);

/** Find the choice of a row and the final layer normalisation behind a value. */
export function findPooling(graph: TowerGraph, name: string): Pooling {
  const outer = findNorm(graph, name);
  const chosen = outer ? outer.input : name;
  let rows = graph.behind(chosen);
  for (let node = graph.producer(rows); node && choosing.has(node.opType);)
    node = graph.producer((rows = graph.behind(node.input[0])));
  const expected = 'one row of what the layers give';
  if (rows === graph.behind(chosen)) throw new NotUnderstood(graph.node(rows, expected), expected);
  const norm = outer ?? findNorm(graph, rows);
  if (!norm) {
    const what = 'a layer normalisation before or after the choice of a row';
    throw new NotUnderstood(graph.node(rows, what), what);
  }
  return { norm, input: outer ? rows : graph.behind(norm.input), rows, chosen };
}

/** Run the choice on numbered rows. @returns the number of the chosen row */
export async function chosenRow(
  graph: TowerGraph,
  { rows, chosen }: Pooling,
  { tokens, width }: { readonly tokens: number; readonly width: number },
  inputs: Readonly<Record<string, Given>>,
): Promise<number> {
  const data = Float32Array.from({ length: tokens * width }, (_, i) => Math.floor(i / width));
  const given = { ...inputs, [rows]: { shape: [1, tokens, width], data } };
  return (await runPart(graph, chosen, given)).data[0];
}
