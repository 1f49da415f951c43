import type { Graph, Value } from '../graph.ts';
import { refuse, sameType } from './shape-rules.ts';

export interface ConvOptions {
  /** [vertical, horizontal] */
  readonly strides?: readonly number[];
  /** [top, left, bottom, right] */
  readonly pads?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
}

export interface ConvTransposeOptions extends ConvOptions {
  /** Rows and columns to add at the bottom and right, since the stride leaves the size open. */
  readonly outputPadding?: readonly number[];
}

function check(opType: string, inputs: readonly (Value | null)[], options: ConvOptions): void {
  const [x, w, b] = inputs as [Value, Value, Value | null];
  sameType(opType, b ? [x, w, b] : [x, w]);
  if (x.shape.length !== 4 || w.shape.length !== 4)
    refuse(opType, inputs, `expected rank 4, got [${x.shape}] and [${w.shape}]`);
  const lengths = { strides: 2, dilations: 2, pads: 4 } as const;
  for (const name of ['strides', 'dilations', 'pads'] as const) {
    const given = options[name];
    const least = name === 'pads' ? 0 : 1;
    if (given && (given.length !== lengths[name] || given.some((n) => !(n >= least))))
      refuse(
        opType,
        inputs,
        `${name} must be ${lengths[name]} numbers >= ${least}, got [${given}]`,
      );
  }
}

/**
 * 2D convolution.
 *
 * @param x - [batch, channels, height, width]
 * @param w - [outChannels, channels / group, kernelHeight, kernelWidth]
 * @param b - [outChannels]
 */
export function Conv(
  g: Graph,
  x: Value,
  w: Value,
  b: Value | null = null,
  options: ConvOptions = {},
): Value {
  const inputs = b ? [x, w, b] : [x, w];
  check('Conv', inputs, options);
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = options;
  const [batch, channels] = x.shape;
  const [outChannels, groupChannels, ...kernel] = w.shape;
  if (channels !== groupChannels * group || outChannels % group !== 0)
    refuse(
      'Conv',
      inputs,
      `${channels} channels do not fit a kernel [${w.shape}] of group ${group}`,
    );
  if (b && (b.shape.length !== 1 || b.shape[0] !== outChannels))
    refuse('Conv', inputs, `bias must be [${outChannels}], got [${b.shape}]`);
  const size = kernel.map((k, i) => {
    const room = x.shape[i + 2] + pads[i] + pads[i + 2] - dilations[i] * (k - 1) - 1;
    if (room < 0) refuse('Conv', inputs, `kernel [${kernel}] is larger than the padded input`);
    return Math.floor(room / strides[i]) + 1;
  });
  const shape = [batch, outChannels, ...size];
  const attributes = { strides, pads, dilations, group, kernel_shape: kernel };
  return g.append('Conv', inputs, attributes, [{ shape, dtype: x.dtype }])[0];
}

/**
 * The transpose of {@link Conv} as a linear map of its input.
 *
 * @param x - [batch, channels, height, width]
 * @param w - [channels, outChannels / group, kernelHeight, kernelWidth]
 */
export function ConvTranspose(
  g: Graph,
  x: Value,
  w: Value,
  b: Value | null = null,
  options: ConvTransposeOptions = {},
): Value {
  const inputs = b ? [x, w, b] : [x, w];
  check('ConvTranspose', inputs, options);
  const { strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], group = 1 } = options;
  const { outputPadding = [0, 0] } = options;
  const [batch, channels] = x.shape;
  const [inChannels, groupChannels, ...kernel] = w.shape;
  if (channels !== inChannels || channels % group !== 0)
    refuse(
      'ConvTranspose',
      inputs,
      `${channels} channels do not fit a kernel [${w.shape}] of group ${group}`,
    );
  const size = kernel.map(
    (k, i) =>
      strides[i] * (x.shape[i + 2] - 1) +
      outputPadding[i] +
      dilations[i] * (k - 1) +
      1 -
      pads[i] -
      pads[i + 2],
  );
  const shape = [batch, groupChannels * group, ...size];
  const attributes = {
    strides,
    pads,
    dilations,
    group,
    kernel_shape: kernel,
    output_padding: outputPadding,
  };
  return g.append('ConvTranspose', inputs, attributes, [{ shape, dtype: x.dtype }])[0];
}
