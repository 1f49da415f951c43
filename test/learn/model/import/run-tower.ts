import { gradients } from '../../../../gpu-embedder/learn/autodiff/gradients.ts';
import { TrainableParameters } from '../../../../gpu-embedder/learn/model/parameters.ts';
import { Graph } from '../../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../../gpu-embedder/learn/onnx/operators/index.ts';
import { openSession, tensor } from '../../../../gpu-embedder/learn/onnx/session.ts';
import { createRandom } from '../../../../gpu-embedder/common/random.ts';
import type { Tower } from '../../../../gpu-embedder/learn/model/tower.ts';

export interface TowerRun {
  /** Unit rows [rows, embedDim]. */
  readonly embeds: Float32Array;
  /** Parameters in all, and the names of those that train. */
  readonly parameters: number;
  readonly trained: readonly string[];
  /** Largest relative error of the gradients that are not negligible. */
  readonly gradientError: number;
  /** Largest gradient norm, and whether each trained parameter has a gradient. */
  readonly largestGradient: number;
}

/** Deterministic inputs of a tower; a text ends in `endId` and then in padding of that id. */
export function towerInputs(tower: Tower, rows: number, endId: number) {
  const random = createRandom(rows);
  const end = (row: number) => 3 + (row % 4);
  return tower.inputs.map(({ name, shape, dtype }) => {
    const length = rows * shape.reduce((a, b) => a * b);
    const at = (i: number) => ({ row: Math.floor(i / shape[0]), column: i % shape[0] });
    const number = (i: number) => {
      if (name === 'pixels') return random.normal();
      const { row, column } = at(i);
      if (name === 'mask') return Number(column <= end(row));
      return column < end(row) ? 1 + ((i * 7919) % (endId - 1)) : endId;
    };
    const numbers = Array.from({ length }, (_, i) => number(i));
    const data = dtype === 'int32' ? Int32Array.from(numbers) : Float32Array.from(numbers);
    return { name, shape: [rows, ...shape], dtype, data };
  });
}

/**
 * Run a tower, and compare the gradients of a linear loss on the embeddings with central
 * differences, for each parameter in a direction halfway between its gradient and a random one.
 *
 * @param changed - weights to use in place of the tower's
 */
export async function runTower(
  tower: Tower,
  inputs: ReturnType<typeof towerInputs>,
  { changed = new Map<string, Float32Array>(), step = 0 } = {},
): Promise<TowerRun> {
  const g = new Graph();
  const p = new TrainableParameters(g, 1);
  const values = inputs.map(({ name, shape, dtype }) => g.input(name, shape, dtype));
  const embeds = g.output(tower.head(p, tower.features(p, values)), 'embeds');
  const trained = p.list.filter(({ frozen }) => !frozen);
  const random = createRandom(5);
  const noise = (length: number) => Float32Array.from({ length }, () => random.normal());
  if (step > 0) {
    const weights = g.constant(noise(embeds.shape[0] * embeds.shape[1]), embeds.shape);
    const loss = op.ReduceSum(g, op.Mul(g, embeds, weights), [0, 1], false);
    const found = gradients(g, loss, trained.map(({ value }) => value)); // prettier-ignore
    g.output(loss, 'loss');
    found.forEach((gradient, i) => g.output(gradient!, `gradient:${trained[i].name}`));
  }
  const session = await openSession(writeModel(g), { threads: 1 });
  const data = new Map(p.list.map(({ name, data }) => [name, (changed.get(name) ?? data).slice()]));
  const feeds = Object.fromEntries([
    ...inputs.map(({ name, shape, dtype, data }) => [name, tensor(data, shape, dtype)]),
    ...p.list.map(({ name, shape }) => [name, tensor(data.get(name)!, shape)]),
  ]);
  const result = await session.run(feeds);
  const lossAt = async () => (await session.run(feeds, ['loss'])).loss.data[0] as number;
  const norms = new Map<string, number>();
  const errors: { error: number; norm: number }[] = [];
  for (const { name } of step > 0 ? trained : []) {
    const gradient = result[`gradient:${name}`].data as Float32Array;
    const norm = Math.hypot(...gradient);
    norms.set(name, norm);
    if (norm === 0) continue;
    const other = noise(gradient.length);
    const otherNorm = Math.hypot(...other);
    const direction = gradient.map((x, i) => x / norm + other[i] / otherNorm);
    const slope = gradient.reduce((sum, x, i) => sum + x * direction[i], 0);
    const start = data.get(name)!.slice();
    const move = (by: number) => data.get(name)!.set(start.map((x, i) => x + by * direction[i]));
    move(step);
    const above = await lossAt();
    move(-step);
    const below = await lossAt();
    move(0);
    errors.push({ error: Math.abs((above - below) / (2 * step) - slope) / norm, norm });
  }
  await session.close();
  const largestGradient = Math.max(0, ...norms.values());
  const sizeable = errors.filter(({ norm }) => norm > largestGradient / 100);
  return {
    embeds: result.embeds.data as Float32Array,
    parameters: p.list.length,
    trained: trained.map(({ name }) => name),
    gradientError: Math.max(0, ...sizeable.map(({ error }) => error)),
    largestGradient,
  };
}
