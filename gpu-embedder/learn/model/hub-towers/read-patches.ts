import type { NodeMessage } from '../../onnx/onnx-schema.ts';
import { transposed } from './match-linear.ts';
import { NotUnderstood } from './not-understood.ts';
import { runPart } from './run-part.ts';
import type { Given } from './run-part.ts';
import { attributeOf } from './tower-graph.ts';
import type { TowerGraph } from './tower-graph.ts';
import type { Weights } from './tower-weights.ts';

export interface Patches {
  readonly width: number;
  /** Patches, and the class token if there is one. */
  readonly tokens: number;
  readonly hasClass: boolean;
  /** Side of a patch, pixels. */
  readonly patch: number;
}

const convolutions = new Set(['Conv', 'ConvInteger']);

/**
 * Read patch embedding, class token and positions of an image tower.
 *
 * @param embedded - the rows before the first norm or layer
 */
export async function readPatches(
  graph: TowerGraph,
  embedded: string,
  inputs: Readonly<Record<string, Given>>,
  weights: Weights,
): Promise<Patches> {
  const [[pixels, image]] = Object.entries(inputs);
  const convolution = findConvolution(graph, embedded);
  const map = mapOf(graph, convolution, embedded);
  const patch = sideOf(convolution);
  const side = image.shape[3] / patch;
  const numbers = 3 * patch * patch;
  const run = async (rows: number, data: Float32Array): Promise<Float32Array> => {
    const given = { [pixels]: { shape: [rows, 3, patch, patch], data } };
    return (await runPart(graph, map, given)).data;
  };
  const bias = await run(1, new Float32Array(numbers));
  const width = bias.length;
  const kernel =
    convolution.opType === 'Conv'
      ? transposed((await runPart(graph, convolution.input[1])).data, width, numbers)
      : await kernelByIdentity(run, numbers, bias);
  weights.set('patch_embedding.weight', { shape: [numbers, width], data: kernel });
  weights.set('patch_embedding.bias', { shape: [width], data: bias });

  const embed = async (data: Float32Array): Promise<Float32Array> => {
    const given = { ...inputs, [map]: { shape: [1, width, side, side], data } };
    return (await runPart(graph, embedded, given)).data;
  };
  const area = side * side;
  const positions = await embed(new Float32Array(width * area));
  const tokens = positions.length / width;
  const hasClass = tokens === area + 1;
  const numbered = await embed(Float32Array.from({ length: width * area }, (_, i) => i));
  const first = hasClass ? 1 : 0;
  const isOrdered = numbered.every((x, i) => {
    const row = Math.floor(i / width) - first;
    const expected = row < 0 ? 0 : (i % width) * area + row;
    return Math.abs(x - positions[i] - expected) < 0.5;
  });
  if (tokens !== area + first || !isOrdered) {
    const expected = `${area} patches row by row, after at most one class token`;
    throw new NotUnderstood(graph.node(embedded, expected), expected);
  }
  if (hasClass) {
    // The class token and its position are only ever used as a sum.
    const data = positions.slice(0, width);
    weights.set('class_embedding', { shape: [width], data });
    positions.fill(0, 0, width);
  }
  weights.set('position_embedding.weight', { shape: [tokens, width], data: positions });
  return { width, tokens, hasClass, patch };
}

/** Read a quantised kernel by a patch for each of its numbers. */
async function kernelByIdentity(
  run: (rows: number, data: Float32Array) => Promise<Float32Array>,
  numbers: number,
  bias: Float32Array,
): Promise<Float32Array> {
  const identity = new Float32Array(numbers * numbers);
  for (let i = 0; i < numbers; i++) identity[i * numbers + i] = 1;
  const kernel = await run(numbers, identity);
  for (let i = 0; i < kernel.length; i++) kernel[i] -= bias[i % bias.length];
  return kernel;
}

function findConvolution(graph: TowerGraph, name: string): NodeMessage {
  const open = new Set([graph.behind(name)]);
  const found = new Set<NodeMessage>();
  for (const of of open) {
    const node = graph.producer(of);
    if (node && convolutions.has(node.opType)) found.add(node);
    else
      node?.input.forEach((input) => {
        if (!graph.isFixed(input)) open.add(graph.behind(input));
      });
  }
  if (found.size === 1) return [...found][0];
  const expected = `one convolution of the pixels, got ${found.size}`;
  throw new NotUnderstood(graph.node(graph.behind(name), expected), expected);
}

/** Follow a convolution through its scales and bias to the value that is flattened to rows. */
function mapOf(graph: TowerGraph, convolution: NodeMessage, embedded: string): string {
  let [map] = convolution.output;
  for (;;) {
    const readers = graph.readers(map).filter(({ output }) => graph.dependsOn(embedded, output[0]));
    const next = readers.find(({ opType }) => ['Cast', 'Mul', 'Add'].includes(opType));
    if (!next) return map;
    [map] = next.output;
  }
}

function sideOf(node: NodeMessage): number {
  const [kernel, strides] = ['kernel_shape', 'strides'].map((name) =>
    attributeOf(node, name)?.ints?.map(Number),
  );
  const [side] = strides ?? [];
  if (side && [...(kernel ?? strides ?? []), ...(strides ?? [])].every((each) => each === side))
    return side;
  throw new NotUnderstood(node, 'square patches that do not overlap');
}
