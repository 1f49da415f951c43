import { copyNodes } from './copy-nodes.ts';
import { Graph } from './graph.ts';
import type { Node, Value } from './graph.ts';
import * as op from './operators/index.ts';

/** Operators that onnxruntime's own optimiser puts in place of convolutions (1.30). */
const domain = 'com.microsoft.nchwc';

/**
 * Copy a graph with its convolutions in the layout of onnxruntime's fastest CPU kernels, channels
 * in blocks: [batch, channels / block, height, width, block]. onnxruntime goes over to it by itself
 * where the weights are constants, which they are not while training.
 */
export function blockConvolutions(from: Graph, block: number): Graph {
  const to = new Graph();
  const inputs = new Map(
    from.inputs.map(({ value: { name, shape, dtype }, dims }) => [
      name,
      to.input(name, shape, dtype, dims),
    ]),
  );
  const copyOf = copyNodes(from, to, {
    inputs,
    instead: {
      Conv: (g, node, operands) => {
        if (isBlockable(node, block)) return blockedConv(g, node, operands, block);
        return g.append(node.opType, operands, node.attributes, node.outputs, node.domain)[0];
      },
    },
  });
  for (const { value, dims } of from.outputs) to.output(copyOf(value), value.name, dims);
  return to;
}

function isBlockable({ inputs, attributes, domain: given }: Node, block: number): boolean {
  const [outChannels, channels] = inputs[1]!.shape;
  return (
    given === '' &&
    inputs[1]!.dtype === 'float32' &&
    attributes.group === 1 &&
    outChannels % block === 0 &&
    channels % block === 0
  );
}

function blockedConv(
  g: Graph,
  { attributes, outputs: [y] }: Node,
  [x, w, ...bias]: readonly Value[],
  block: number,
): Value {
  const append = (opType: string, inputs: Value[], like: Value, extra: Node['attributes']): Value =>
    g.append(opType, inputs, extra, [like], domain)[0];
  const [outChannels, channels, ...kernel] = w.shape;
  const blocks = [outChannels / block, block, channels / block, block, ...kernel];
  // [outChannels / block, channels / block, height, width, channel, outChannel]
  const moved = op.Transpose(g, op.Reshape(g, w, blocks), [0, 2, 4, 5, 3, 1]);
  const weights = op.Reshape(g, moved, w.shape);
  const blockedX = append('ReorderInput', [x], x, { channels_last: 0 });
  const blockedY = append('Conv', [blockedX, weights, ...bias], y, attributes);
  return append('ReorderOutput', [blockedY], y, { channels: outChannels, channels_last: 0 });
}
