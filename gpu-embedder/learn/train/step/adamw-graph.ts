import type { Graph, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import type { AdamWStep } from './adamw.ts';
import { beta1, beta2, epsilon, maxLogitScale } from './adamw.ts';
import type { Pack, SlotArray } from './pack-parameters.ts';
import { packRow } from './pack-parameters.ts';

/** The arrays of a pack as values of the graph, each [length]. */
export type PackValues = Readonly<Record<SlotArray, Value>>;

export interface PackUpdate {
  readonly pack: Pack;
  readonly before: PackValues;
  readonly gradient: Value;
}

/** Compute the numbers that change from step to step: the input `update` of the graph. */
export function updateFactors(options: AdamWStep): Float32Array {
  const { step, learningRate, weightDecay, clipNorm, emaDecay } = options;
  return Float32Array.of(
    clipNorm,
    learningRate / (1 - beta1 ** step),
    1 / (1 - beta2 ** step),
    // Differences from 1 are stored, since they keep their digits in float32.
    learningRate * weightDecay,
    1 - Math.min(emaDecay, step / (step + 10)),
  );
}
const factorCount = 5;

/**
 * Append what `adamWStep` does: clipping to the global norm, AdamW (arXiv:1711.05101, Alg. 2), and the
 * moving average.
 *
 * @returns the norm [1] and the arrays of each pack after the step
 */
export function appendAdamW(
  g: Graph,
  updates: readonly PackUpdate[],
): { readonly norm: Value; readonly after: ReadonlyMap<Pack, PackValues> } {
  const factors = op.Split(
    g,
    g.input('update', [factorCount]),
    new Array<number>(factorCount).fill(1),
    0,
  );
  const [clipNorm, stepSize, correction, decay, follow] = factors;
  const norm = globalNorm(
    g,
    updates.map(({ gradient }) => gradient),
  );
  const clip = op.Min(g, op.Div(g, clipNorm, op.Add(g, norm, 1e-6)), 1);
  const after = new Map<Pack, PackValues>();
  for (const { pack, before, gradient } of updates) {
    const clipped = op.Mul(g, gradient, clip);
    const m = mix(g, before.m, clipped, beta1);
    const v = mix(g, before.v, op.Mul(g, clipped, clipped), beta2);
    const deviation = op.Add(g, op.Sqrt(g, op.Mul(g, v, correction)), epsilon);
    const kept = pack.decay ? op.Sub(g, before.data, op.Mul(g, before.data, decay)) : before.data;
    const next = op.Sub(g, kept, op.Div(g, op.Mul(g, m, stepSize), deviation));
    const lag = op.Sub(g, next, before.average);
    after.set(pack, {
      data: pack.limited ? op.Clip(g, next, 0, maxLogitScale) : next,
      m,
      v,
      average: op.Add(g, before.average, op.Mul(g, lag, follow)),
    });
  }
  return { norm, after };
}

/** keep a + (1 - keep) b */
const mix = (g: Graph, a: Value, b: Value, keep: number): Value =>
  op.Add(g, op.Mul(g, a, keep), op.Mul(g, b, 1 - keep));

/** Sum each row first: one sum over millions of numbers would be slow on a device, and less exact. */
function globalNorm(g: Graph, gradients: readonly Value[]): Value {
  const squares = gradients.map((gradient) => {
    const rows = op.Reshape(g, gradient, [-1, packRow]);
    return op.ReduceSum(g, op.ReduceSumSquare(g, rows, [1], false), [0]);
  });
  return op.Sqrt(
    g,
    squares.reduce((sum, square) => op.Add(g, sum, square)),
  );
}
