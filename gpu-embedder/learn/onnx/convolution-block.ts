import { copyGraph } from './copy-graph.ts';
import { cpuOperators } from './cpu-operators.ts';
import { Graph } from './graph.ts';
import { writeModel } from './model-proto.ts';
import * as op from './operators/index.ts';
import { openSession, tensor } from './session.ts';

let found: Promise<number | null> | undefined;

/**
 * Find how many channels a block of this machine's convolution kernels has (8 with AVX2, 16 with
 * AVX-512). With the right size, a blocked convolution gives the same as a plain one; null if none does.
 */
export function convolutionBlock(): Promise<number | null> {
  return (found ??= firstThatFits([16, 8, 4]));
}

async function firstThatFits(blocks: readonly number[]): Promise<number | null> {
  const expected = (await convolve(null))!;
  for (const block of blocks) {
    const y = await convolve(block);
    if (y?.every((value, i) => Math.abs(value - expected[i]) < 1e-4)) return block;
  }
  return null;
}

/** Compute a small convolution; null if the runtime refuses blocks of this size. */
async function convolve(block: number | null): Promise<Float32Array | null> {
  const [rows, channels, side] = [2, 32, 5];
  const g = new Graph();
  const x = g.input('x', [rows, channels, side, side]);
  const w = g.input('w', [channels, channels, 3, 3]);
  g.output(op.Conv(g, x, w, null, { pads: [1, 1, 1, 1] }), 'y');
  const waves = (shape: readonly number[]): Float32Array =>
    Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(i * i));
  const feeds = Object.fromEntries(
    [x, w].map(({ name, shape }) => [name, tensor(waves(shape), shape)]),
  );
  try {
    const model = writeModel(copyGraph(g, cpuOperators(block)));
    const session = await openSession(model, { threads: 1 });
    const { y } = await session.run(feeds);
    await session.close();
    return y.data as Float32Array;
  } catch (cause) {
    if (block !== null) return null;
    throw cause;
  }
}
