import { packedShape } from '../../../src/encoder/layer.ts';
import { weightsFormat } from '../../../src/version/weights-format.ts';
import { quantiseNumbers } from './quantise-weights.ts';

/** A matrix as int8, see src/version/weights-format.ts. */
export interface PackedMatrix {
  readonly shape: readonly number[];
  readonly codes: Int8Array;
  /** One scale for each column, or for each row of a table. */
  readonly scales: Float32Array;
}

/** Pack a table whose rows are looked up. `data` [rows, width]. */
export function packRows(data: Float32Array, rows: number, width: number): PackedMatrix {
  const codes = new Int8Array(rows * width);
  const scales = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const quantised = quantiseNumbers(data.subarray(row * width, (row + 1) * width));
    codes.set(quantised.codes, row * width);
    scales[row] = quantised.scale;
  }
  return { shape: [rows, width], codes, scales };
}

/** Pack a dense layer's matrix for the edge kernel. `data` [depth, columns]. */
export function packMatrix(data: Float32Array, depth: number, columns: number): PackedMatrix {
  return packPanels(depth, columns, (column, values) => {
    for (let row = 0; row < depth; row++) values[row] = data[row * columns + column];
  });
}

/** A matrix whose input is multiplied by `inputScale` [depth] first. */
export interface PackedProjection extends PackedMatrix {
  readonly inputScale: Float32Array;
}

/**
 * Pack a matrix into which a batch normalisation of its input was folded. The sizes of its rows
 * differ by orders of magnitude. A column has one scale, so the small rows, whose inputs are large,
 * would lose their precision. Therefore all rows are first scaled to one root mean square.
 *
 * @param data - [depth, columns]
 */
export function packProjection(
  data: Float32Array,
  depth: number,
  columns: number,
): PackedProjection {
  const inputScale = Float32Array.from({ length: depth }, (_, row) => {
    const values = data.subarray(row * columns, (row + 1) * columns);
    const squares = values.reduce((sum, value) => sum + value * value, 0);
    return Math.sqrt(squares / columns) || 1;
  });
  const level = data.map((value, i) => value / inputScale[Math.floor(i / columns)]);
  return { ...packMatrix(level, depth, columns), inputScale };
}

export interface ConvolutionShape {
  readonly out: number;
  /** Channels before space-to-depth. */
  readonly channels: number;
  /** Side of the blocks that space-to-depth folded into channels; 1 without space-to-depth. */
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
export function packConvolution(data: Float32Array, shape: ConvolutionShape): PackedMatrix {
  const { out, channels, block, kernel } = shape;
  const area = block * block;
  const taps = kernel * kernel;
  const folded = channels * area;
  const depth = taps * folded;
  const places = Int32Array.from({ length: depth }, (_, row) => {
    const tap = Math.floor(row / folded);
    const inBlock = Math.floor((row % folded) / channels);
    const channel = row % channels;
    return (channel * area + inBlock) * taps + tap;
  });
  return packPanels(depth, out, (column, values) => {
    const start = column * depth;
    for (let row = 0; row < depth; row++) values[row] = data[start + places[row]];
  });
}

/**
 * Reorder to panels of 8 columns by 2 depths (src/version/weights-format.ts), so that a tile reads one
 * run of memory.
 *
 * @param readColumn - writes a column into `values` [depth]
 */
function packPanels(
  depth: number,
  columns: number,
  readColumn: (column: number, values: Float32Array) => void,
): PackedMatrix {
  const { panel } = weightsFormat;
  const shape = packedShape(depth, columns);
  const [panels, steps, numbers] = shape;
  const codes = new Int8Array(panels * steps * numbers);
  const scales = new Float32Array(columns);
  const values = new Float32Array(depth);
  for (let column = 0; column < columns; column++) {
    readColumn(column, values);
    const quantised = quantiseNumbers(values);
    scales[column] = quantised.scale;
    const inPanel = column % panel.columns;
    const start = ((column - inPanel) / panel.columns) * steps * numbers + inPanel * panel.depths;
    for (let row = 0; row < depth; row++) {
      const step = Math.floor(row / panel.depths);
      codes[start + step * numbers + (row % panel.depths)] = quantised.codes[row];
    }
  }
  return { shape, codes, scales };
}
