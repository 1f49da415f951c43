import type { Attention } from './match-attention.ts';
import { readLinear } from './match-linear.ts';
import type { Dense, Linear } from './match-linear.ts';
import { NotUnderstood } from './not-understood.ts';
import { runPart } from './run-part.ts';
import type { FloatValue, Given } from './run-part.ts';
import type { TowerGraph } from './tower-graph.ts';

/** Where an attention stands. */
export interface Surroundings {
  readonly width: number;
  /** Tokens of a row. */
  readonly tokens: number;
  /** The inputs of the tower. */
  readonly inputs: Readonly<Record<string, Given>>;
  /** Names of values [tokens, width] that come before it, so that nothing before them is run. */
  readonly before: readonly string[];
}

export interface AttentionWeights {
  readonly heads: number;
  readonly causal: boolean;
  /** [width, 3 * width]: queries, keys, values; the scores are scaled by headWidth ** -0.5. */
  readonly qkv: Dense;
  readonly out: Dense;
}

/** A number of what a dense layer gives, by the row and by the column within its part. */
export type Pattern = (row: number, column: number) => number;

const zero: Pattern = () => 0;
const one: Pattern = () => 1;
/** No score of trained weights is as far from zero; masks are. */
const masked = -1e4;

/**
 * Read an attention by what it makes of known queries, keys and values: the number of heads, their
 * scale, the mask and the order of the columns, however an exporter reshapes them.
 */
export async function readAttention(
  graph: TowerGraph,
  attention: Attention,
  around: Surroundings,
): Promise<AttentionWeights> {
  const { width, tokens } = around;
  const probe = await openProbe(graph, attention, around);
  const mask = await probe(attention.scores, [zero, zero, zero]);
  const heads = mask.data.length / tokens ** 2;
  const headWidth = width / heads;
  const where = graph.node(attention.scores, 'scores of an attention');
  const isSquare = mask.shape.slice(-2).every((length) => length === tokens);
  if (!isSquare || !Number.isInteger(headWidth))
    throw new NotUnderstood(where, `scores [heads, ${tokens}, ${tokens}], got [${mask.shape}]`);
  const firstHead: Pattern = (_, column) => (column < headWidth ? 1 : 0);
  const ofFirst: Pattern = (row, column) => (row === 0 ? firstHead(row, column) : 0);
  const { data: scores } = await probe(attention.scores, [ofFirst, one, zero]);
  // Only the first query of the first head may have scores, and the diagonal is never masked.
  const isPlain = scores.every((score, i) => {
    const isFirst = i < tokens;
    const column = i % tokens;
    const row = Math.floor(i / tokens) % tokens;
    return column > row || (isFirst ? score > 0 : Math.abs(score) < 1e-4);
  });
  if (!isPlain) throw new NotUnderstood(where, 'scores of queries and keys, head by head');
  await requirePlainValues(graph, attention, probe, { width, headWidth });
  const qkv = joinColumns(await readParts(graph, attention, width));
  scaleQueries(qkv, width, (scores[0] / headWidth) * Math.sqrt(headWidth));
  const causal = isCausal(mask.data, tokens);
  if (causal === null) throw new NotUnderstood(where, 'a causal mask or none');
  return { heads, causal, qkv, out: await readLinear(graph, attention.out, width) };
}

async function requirePlainValues(
  graph: TowerGraph,
  { out }: Attention,
  probe: Probe,
  { width, headWidth }: { readonly width: number; readonly headWidth: number },
): Promise<void> {
  const firstHead: Pattern = (_, column) => (column < headWidth ? 1 : 0);
  const { data } = await probe(out.input, [zero, zero, firstHead]);
  const isPlain = data.every((x, i) => Math.abs(x - (i % width < headWidth ? 1 : 0)) < 1e-3);
  if (isPlain) return;
  const expected = 'values mixed head by head';
  throw new NotUnderstood(graph.node(graph.behind(out.input), expected), expected);
}

function isCausal(mask: Float32Array, tokens: number): boolean | null {
  let [above, aboveMasked] = [0, 0];
  for (let i = 0; i < mask.length; i++) {
    const isAbove = i % tokens > Math.floor(i / tokens) % tokens;
    if (!isAbove && mask[i] !== 0) return null;
    if (!isAbove) continue;
    above++;
    if (mask[i] <= masked) aboveMasked++;
    else if (mask[i] !== 0) return null;
  }
  if (aboveMasked === 0) return false;
  return aboveMasked === above ? true : null;
}

/** Computes a value of an attention from patterns of its queries, keys and values. */
export type Probe = (output: string, patterns: readonly Pattern[]) => Promise<FloatValue>;

/**
 * Find the order of axes in which the graph holds its rows, by trying: with the batch first or
 * second, and products of three axes or of two.
 *
 * @returns takes patterns of queries (unless they are fixed), keys and values
 */
export async function openProbe(
  graph: TowerGraph,
  { query, key, value, input, scores }: Attention,
  { width, tokens, inputs, before }: Surroundings,
): Promise<Probe> {
  const roles = query ? [query, key, value] : [key, value];
  const orders = [[1, tokens], [tokens, 1]] as const; // prettier-ignore
  const tries = [orders[0], orders[1]].flatMap((order) => [
    { order, rows: order as readonly number[] },
    { order, rows: [tokens] },
  ]);
  const probeWith =
    ({ order, rows }: (typeof tries)[number]): Probe =>
    (output, patterns) => {
      const given: Record<string, Given> = { ...inputs };
      const blank = { shape: [...order, width], data: new Float32Array(tokens * width) };
      for (const name of before) given[name] = { ...blank, shape: [1, tokens, width] };
      given[input] = blank;
      for (const { output: name } of roles) {
        const parts = patterns.filter((_, i) => roles[i].output === name);
        given[name] = { shape: [...rows, parts.length * width], data: fill(parts, tokens, width) };
      }
      return runPart(graph, output, given);
    };
  let problem: unknown;
  for (const each of tries) {
    const probe = probeWith(each);
    try {
      const { shape } = await probe(scores, roles.map(() => zero)); // prettier-ignore
      if (shape.at(-1) === tokens) return probe;
    } catch (cause) {
      if (!(cause instanceof NotUnderstood)) throw cause;
      problem ??= cause;
    }
  }
  throw problem ?? new NotUnderstood(graph.node(scores, 'scores'), `scores of ${tokens} tokens`);
}

function fill(parts: readonly Pattern[], tokens: number, width: number): Float32Array {
  const columns = parts.length * width;
  const data = new Float32Array(tokens * columns);
  for (let i = 0; i < data.length; i++) {
    const column = i % columns;
    data[i] = parts[Math.floor(column / width)](Math.floor(i / columns), column % width);
  }
  return data;
}

/** Read the dense layers of queries (unless they are fixed), keys and values, each once. */
export async function readParts(
  graph: TowerGraph,
  { query, key, value }: Attention,
  width: number,
): Promise<Dense[]> {
  const parts = new Map<string, Linear>();
  for (const linear of [query, key, value]) if (linear) parts.set(linear.output, linear);
  const read: Dense[] = [];
  for (const linear of parts.values()) read.push(await readLinear(graph, linear, width));
  return read;
}

/** Put matrices of the same depth side by side. */
export function joinColumns(parts: readonly Dense[]): Dense {
  const [{ from }] = parts;
  const to = parts.reduce((sum, part) => sum + part.to, 0);
  const [weight, bias] = [new Float32Array(from * to), new Float32Array(to)];
  let start = 0;
  for (const part of parts) {
    bias.set(part.bias, start);
    for (let row = 0; row < from; row++)
      weight.set(part.weight.subarray(row * part.to, (row + 1) * part.to), row * to + start);
    start += part.to;
  }
  return { from, to, weight, bias };
}

function scaleQueries({ to, weight, bias }: Dense, width: number, factor: number): void {
  if (Math.abs(factor - 1) < 1e-3) return;
  for (let i = 0; i < weight.length; i++) if (i % to < width) weight[i] *= factor;
  for (let i = 0; i < width; i++) bias[i] *= factor;
}
