import { readFile } from 'node:fs/promises';
import { Graph } from '../gpu-embedder/onnx/graph.ts';
import { writeModel } from '../gpu-embedder/onnx/model-proto.ts';
import * as op from '../gpu-embedder/onnx/operators/index.ts';
import type { Tensor } from '../gpu-embedder/onnx/session.ts';
import { openSession, tensor } from '../gpu-embedder/onnx/session.ts';
import { createRandom } from '../gpu-embedder/random.ts';
import type { Stage } from '../gpu-embedder/train/config.ts';
import { stageSchema, trainConfigSchema } from '../gpu-embedder/train/config.ts';
import { buildStageGraph } from '../gpu-embedder/train/stage-graph.ts';

export const question =
  'How close does a training step come to the raw matrix product of this machine?';

export interface TrainStepRow {
  readonly model: string;
  readonly batch: number;
  readonly imagesPerSecond: number;
  /** Billions of floating-point operations per second in products and convolutions. */
  readonly gflops: number;
  readonly matMulGflops: number;
  readonly ratioToMatMul: number;
}

const threads = 2;
const repeats = 5;
const recipeUrl = new URL('../gpu-embedder/train/recipes/pictogram.json', import.meta.url);
const vit = {
  kind: 'vit',
  imageSize: 64,
  patchSize: 8,
  width: 256,
  depth: 6,
  heads: 8,
  mlpRatio: 4,
};

/** Forward, loss and backward of both towers on random pixels, as the contrastive stage runs it. */
export async function run(): Promise<TrainStepRow[]> {
  const recipe = JSON.parse(await readFile(recipeUrl, 'utf8')) as Record<string, unknown>;
  const rows: TrainStepRow[] = [];
  for (const image of [recipe['image'], vit]) {
    const config = trainConfigSchema.parse({ ...recipe, image });
    const stage = stageSchema.parse({
      kind: 'contrastive',
      steps: 1,
      batch: 128,
      learningRate: 1e-3,
    });
    const graph = buildStageGraph(stage, config, 1);
    // Beside each measurement: the machine may be busier at one moment than at another.
    const matMulGflops = await measureMatMul();
    const seconds = await measureStep(
      graph,
      stage,
      config.image.imageSize,
      config.text.contextLength,
    );
    const gflops = graph.flops / seconds / 1e9;
    rows.push({
      model: config.image.kind,
      batch: stage.batch,
      imagesPerSecond: round(stage.batch / seconds, 1),
      gflops: round(gflops, 1),
      matMulGflops: round(matMulGflops, 1),
      ratioToMatMul: round(gflops / matMulGflops, 2),
    });
  }
  return rows;
}

async function measureStep(
  graph: ReturnType<typeof buildStageGraph>,
  { batch }: Stage,
  size: number,
  length: number,
): Promise<number> {
  const random = createRandom(1);
  const floats = (shape: number[], fill: () => number) =>
    tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, fill), shape);
  const ids = Int32Array.from({ length: batch * length }, () => 1 + random.integer(1000));
  const feeds: Record<string, Tensor> = {
    pixels: floats([batch, 3, size, size], random.normal),
    ids: tensor(ids, [batch, length], 'int32'),
    imageTargets: floats([batch, batch], () => 1 / batch),
    textTargets: floats([batch, batch], () => 1 / batch),
  };
  for (const { name, data, shape } of graph.parameters) {
    feeds[name] = tensor(data, shape);
  }
  const session = await openSession(graph.model, { threads });
  return fastest(async () => void (await session.run(feeds)));
}

/** GFLOP/s of one 2048 x 2048 x 2048 product in the same runtime. */
async function measureMatMul(side = 2048): Promise<number> {
  const g = new Graph();
  const [a, b] = ['a', 'b'].map((name) => g.input(name, [side, side]));
  g.output(op.MatMul(g, a, b), 'product');
  const session = await openSession(writeModel(g), { threads });
  const operand = tensor(new Float32Array(side * side).fill(0.1), [side, side]);
  const seconds = await fastest(async () => void (await session.run({ a: operand, b: operand })));
  return (2 * side ** 3) / seconds / 1e9;
}

/** Seconds of the fastest run: what the code can do when nothing else runs. */
async function fastest(work: () => Promise<void>): Promise<number> {
  await work();
  let best = Infinity;
  for (let i = 0; i < repeats; i++) {
    const started = performance.now();
    await work();
    best = Math.min(best, (performance.now() - started) / 1000);
  }
  return best;
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
