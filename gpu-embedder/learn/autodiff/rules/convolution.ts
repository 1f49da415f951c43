import type { Graph, Node, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import { sameShape } from '../../onnx/operators/shape-rules.ts';
import type { Rule } from '../rule.ts';
import { inputsOf, refuseGradient } from './tensors.ts';

interface Geometry {
  readonly strides: readonly number[];
  /** [top, left, bottom, right] */
  readonly pads: readonly number[];
  readonly kernel: readonly number[];
}

function geometryOf(node: Node): Geometry {
  const { strides, pads, dilations, group, kernel_shape } = node.attributes;
  if (!kernel_shape || !pads) refuseGradient(node, 'expected a convolution of images');
  if (group !== 1) refuseGradient(node, `group must be 1, got ${group}`);
  if ((dilations as readonly number[]).some((dilation) => dilation !== 1))
    refuseGradient(node, `dilations must be 1, got [${dilations}]`);
  return {
    strides: strides as readonly number[],
    pads: pads as readonly number[],
    kernel: kernel_shape as readonly number[],
  };
}

/** dx: a convolution with the flipped kernel if the stride is 1, else the transposed convolution. */
function inputGradient(g: Graph, x: Value, w: Value, dy: Value, geometry: Geometry): Value {
  const { strides, pads, kernel } = geometry;
  const flippedPads = pads.map((pad, i) => kernel[i % 2] - 1 - pad);
  if (strides.every((stride) => stride === 1) && flippedPads.every((pad) => pad >= 0)) {
    const flipped = kernel.every((k) => k === 1)
      ? w
      : op.Slice(
          g,
          w,
          [-1, -1],
          kernel.map((k) => -k - 1),
          [2, 3],
          [-1, -1],
        );
    return op.Conv(g, dy, op.Transpose(g, flipped, [1, 0, 2, 3]), null, { pads: flippedPads });
  }
  const outputPadding = kernel.map((k, i) => {
    const covered = (dy.shape[i + 2] - 1) * strides[i] + k - pads[i] - pads[i + 2];
    return x.shape[i + 2] - covered;
  });
  return op.ConvTranspose(g, dy, w, null, { strides, pads, outputPadding });
}

/**
 * dw for kernels that do not overlap (patch embeddings): one product of dy with the input, which is
 * cut into patches.
 */
function patchKernelGradient(g: Graph, x: Value, w: Value, dy: Value): Value {
  const [outChannels, channels, height, width] = w.shape;
  const [batch, , rows, columns] = dy.shape;
  const used = [rows * height, columns * width];
  const covered = sameShape(used, x.shape.slice(2)) ? x : op.Slice(g, x, [0, 0], used, [2, 3]);
  const patches = op.Reshape(g, covered, [batch, channels, rows, height, columns, width]);
  const byWeight = op.Transpose(g, patches, [1, 3, 5, 0, 2, 4]);
  const inputRows = op.Reshape(g, byWeight, [channels * height * width, -1]);
  const dyRows = op.Reshape(g, op.Transpose(g, dy, [1, 0, 2, 3]), [outChannels, -1]);
  return op.Reshape(g, op.Gemm(g, dyRows, inputRows, null, { transB: true }), w.shape);
}

/**
 * dw: one product of dy with the input, shifted to each position of the kernel. The batch is the last
 * axis, so that a shift moves whole runs of memory.
 */
function kernelGradient(g: Graph, x: Value, w: Value, dy: Value, geometry: Geometry): Value {
  const { strides, pads, kernel } = geometry;
  const isPatch = kernel.every((k, i) => k > 1 && k === strides[i]);
  if (isPatch && pads.every((pad) => pad === 0)) return patchKernelGradient(g, x, w, dy);
  const [top, left, bottom, right] = pads;
  const [outChannels, channels] = w.shape;
  const [rows, columns] = dy.shape.slice(2);
  const swapped = op.Transpose(g, x, [1, 2, 3, 0]);
  const padded = pads.some((pad) => pad > 0)
    ? op.Pad(g, swapped, [0, top, left, 0, 0, bottom, right, 0])
    : swapped;
  const [, height, width, batch] = padded.shape;
  const taken: number[] = [];
  for (let i = 0; i < kernel[0]; i++)
    for (let j = 0; j < kernel[1]; j++)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          taken.push((i + row * strides[0]) * width + j + column * strides[1]);
  const pixels = op.Reshape(g, padded, [channels, height * width, batch]);
  const shifted = op.Gather(g, pixels, g.constant(taken, [taken.length], 'int64'), 1);
  const inputRows = op.Reshape(g, shifted, [channels * kernel[0] * kernel[1], -1]);
  const dyRows = op.Reshape(g, op.Transpose(g, dy, [1, 2, 3, 0]), [outChannels, -1]);
  return op.Reshape(g, op.Gemm(g, dyRows, inputRows, null, { transB: true }), w.shape);
}

export const convolutionRules: Readonly<Record<string, Rule>> = {
  Conv: (g, node, dy) => {
    const [x, w] = inputsOf(node);
    const geometry = geometryOf(node);
    const pullbacks = [
      () => inputGradient(g, x, w, dy, geometry),
      () => kernelGradient(g, x, w, dy, geometry),
      () => op.ReduceSum(g, dy, [0, 2, 3], false),
    ];
    return pullbacks.slice(0, node.inputs.length);
  },
};
