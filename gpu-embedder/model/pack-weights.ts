import { weightsFormat } from '../../src/encoder/weights-format.ts';
import type { Tensor } from '../../src/encoder/weights-format.ts';

/** Pack a dense layer's matrix for the edge kernel. `data` [depth, columns]. */
export function packMatrix(data: Float32Array, depth: number, columns: number): Tensor {
  return packPanels(depth, columns, (row, column) => data[row * columns + column]);
}

export interface ConvolutionShape {
  readonly out: number;
  /** Channels before space-to-depth. */
  readonly channels: number;
  /** Side of the blocks that space-to-depth folded into channels; 1 for none. */
  readonly block: number;
  /** Side of the kernel. */
  readonly kernel: number;
}

/**
 * Pack a convolution for the edge kernel, which reads maps with channels last and folded blocks
 * as (dy, dx, channel).
 *
 * @param data - [out, channels, block dy, block dx, kernel y, kernel x], as in the ONNX file
 */
export function packConvolution(data: Float32Array, shape: ConvolutionShape): Tensor {
  const { out, channels, block, kernel } = shape;
  const area = block * block;
  const taps = kernel * kernel;
  const folded = channels * area;
  return packPanels(taps * folded, out, (row, column) => {
    const tap = Math.floor(row / folded);
    const inBlock = Math.floor((row % folded) / channels);
    const channel = row % channels;
    return data[((column * channels + channel) * area + inBlock) * taps + tap];
  });
}

/** [columns / 8, depth, 8]: what a tile of 8 columns reads lies in one run. */
function packPanels(
  depth: number,
  columns: number,
  at: (row: number, column: number) => number,
): Tensor {
  const { panel } = weightsFormat;
  const data = new Float32Array(depth * columns);
  let to = 0;
  for (let first = 0; first < columns; first += panel) {
    for (let row = 0; row < depth; row++) {
      for (let column = first; column < first + panel; column++) data[to++] = at(row, column);
    }
  }
  return { shape: [columns / panel, depth, panel], data };
}
