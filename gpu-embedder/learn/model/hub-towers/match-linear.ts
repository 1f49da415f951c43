import type { NodeMessage } from '../../onnx/onnx-schema.ts';
import { NotUnderstood } from './not-understood.ts';
import { runPart } from './run-part.ts';
import { attributeOf } from './tower-graph.ts';
import type { TowerGraph } from './tower-graph.ts';

/** A dense layer, bias included: names of what goes in and of what comes out. */
export interface Linear {
  readonly input: string;
  readonly output: string;
  readonly product: NodeMessage;
}

/** A matrix [from, to] with its bias [to]. */
export interface Dense {
  readonly from: number;
  readonly to: number;
  readonly weight: Float32Array;
  readonly bias: Float32Array;
}

const products = new Set([
  'MatMul',
  'Gemm',
  'MatMulInteger',
  'MatMulNBits',
  'DynamicQuantizeMatMul',
  'MatMulIntegerToFloat',
]);

const quantisers = new Set(['DynamicQuantizeLinear', 'QuantizeLinear', 'DequantizeLinear']);

/** Find the dense layer that a value is the result of; null if it is something else. */
export function findLinear(graph: TowerGraph, name: string): Linear | null {
  const output = graph.behind(name);
  for (let node = graph.producer(output); node;) {
    const { opType, input } = node;
    if (products.has(opType)) {
      if (graph.isFixed(input[0]) || !graph.isFixed(input[1])) return null;
      return { input: unquantised(graph, input[0]), output, product: node };
    }
    const next = nextInwards(graph, node);
    node = next === undefined ? undefined : graph.producer(next);
  }
  return null;
}

export function requireLinear(graph: TowerGraph, name: string, what: string): Linear {
  const found = findLinear(graph, name);
  if (found) return found;
  throw new NotUnderstood(graph.node(graph.behind(name), what), what);
}

/** Step over an added bias, a conversion, and the scales of a quantised product. */
function nextInwards(graph: TowerGraph, { opType, input }: NodeMessage): string | undefined {
  if (opType === 'Cast' || opType === 'Identity') return input[0];
  const dynamic = input.filter((name) => !graph.isFixed(name));
  if (opType === 'Add') return dynamic.length === 1 ? dynamic[0] : undefined;
  if (opType !== 'Mul') return undefined;
  return dynamic.find((name) => {
    const product = graph.producer(graph.behind(name));
    return product?.opType === 'MatMulInteger' || product?.opType === 'ConvInteger';
  });
}

function unquantised(graph: TowerGraph, name: string): string {
  let at = name;
  for (let node = graph.producer(at); node && quantisers.has(node.opType);)
    node = graph.producer((at = node.input[0]));
  return at;
}

/**
 * Read a dense layer.
 *
 * @param from - numbers that go in
 */
export async function readLinear(graph: TowerGraph, linear: Linear, from: number): Promise<Dense> {
  const { input, output } = linear;
  const zeros = { shape: [1, from], data: new Float32Array(from) };
  const { data: bias } = await runPart(graph, output, { [input]: zeros });
  const to = bias.length;
  return { from, to, weight: await readMatrix(graph, linear, from, bias), bias };
}

/**
 * A matrix of floating point is taken as it is. Others are read by what they make of the rows of an
 * identity, which every quantisation of the input represents without loss.
 */
async function readMatrix(
  graph: TowerGraph,
  { input, output, product }: Linear,
  from: number,
  bias: Float32Array,
): Promise<Float32Array> {
  if (product.opType === 'MatMul' || isPlainGemm(product)) {
    const { data } = await runPart(graph, product.input[1]);
    const isTransposed = attributeOf(product, 'transB')?.i;
    return Number(isTransposed ?? 0) === 1 ? transposed(data, bias.length, from) : data;
  }
  const identity = new Float32Array(from * from);
  for (let i = 0; i < from; i++) identity[i * from + i] = 1;
  const { data } = await runPart(graph, output, {
    [input]: { shape: [from, from], data: identity },
  });
  for (let i = 0; i < data.length; i++) data[i] -= bias[i % bias.length];
  return data;
}

/** Whether the product of a Gemm is not scaled, and its input not transposed. */
function isPlainGemm(node: NodeMessage): boolean {
  const isTransposed = Number(attributeOf(node, 'transA')?.i ?? 0) === 1;
  return node.opType === 'Gemm' && !isTransposed && (attributeOf(node, 'alpha')?.f ?? 1) === 1;
}

/** Transpose a matrix [rows, columns]. */
export function transposed(data: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      out[column * rows + row] = data[row * columns + column];
  return out;
}
