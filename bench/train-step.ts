import { availableParallelism, loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { DiptychError } from '../src/errors.ts';
import { Graph } from '../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../gpu-embedder/learn/onnx/operators/index.ts';
import { openSession, tensor } from '../gpu-embedder/learn/onnx/session.ts';
import { openStep } from '../gpu-embedder/learn/train/step/open-step.ts';
import type { SlotStore } from '../gpu-embedder/learn/train/step/slots.ts';
import type { BenchOptions } from './bench.ts';
import type { Torch } from './training/find-torch.ts';
import { findTorch } from './training/find-torch.ts';
import type { StepReport } from './training/torch-step.ts';
import { openTorchStep } from './training/torch-step.ts';
import type { ImageKind } from './training/two-towers.ts';
import { twoTowers } from './training/two-towers.ts';

export const question =
  'How close does a training step come to the raw matrix product of this machine, and to PyTorch?';
export const flags = ['against', 'device', 'threads', 'rounds'] as const;

export interface TrainStepRow {
  readonly model: string;
  readonly batch: number;
  readonly imagesPerSecond: number;
  /** Billions of floating-point operations per second in products and convolutions. */
  readonly gflops: number;
  readonly matMulGflops: number;
  readonly ratioToMatMul: number;
  readonly torchImagesPerSecond?: number;
  readonly ratioToTorch?: number;
}

interface Machine {
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  readonly threads: number;
}

const batch = 128;

/** Time forward, loss, backward and update of both towers on noise. */
export async function run(options: BenchOptions = {}): Promise<TrainStepRow[]> {
  const machine = machineOf(options);
  const torch = options['against'] === undefined ? null : await openOther(options['against']);
  if (torch) process.stderr.write(`PyTorch ${torch.version} of ${torch.python}\n`);
  process.stderr.write(`load average ${loadavg()[0].toFixed(2)}\n`);
  const rows: TrainStepRow[] = [];
  const rounds = positive('rounds', options['rounds'] ?? '10');
  for (const kind of ['cnn', 'vit'] as const) {
    rows.push(await compare(kind, rounds, machine, torch));
  }
  return rows;
}

function machineOf({ device = 'cpu', threads }: BenchOptions): Machine {
  if (device !== 'cpu' && device !== 'webgpu' && device !== 'cuda')
    throw new DiptychError('invalid_option', `--device: cpu, webgpu or cuda, got ${device}`);
  return { device, threads: positive('threads', threads ?? String(availableParallelism())) };
}

function positive(flag: string, value: string): number {
  if (/^[1-9]\d*$/.test(value)) return Number(value);
  throw new DiptychError('invalid_option', `--${flag}: expected a whole number, got ${value}`);
}

function openOther(name: string): Promise<Torch> {
  if (name === 'torch') return findTorch();
  throw new DiptychError('invalid_option', `--against: expected torch, got ${name}`);
}

/** All sides take turns, because the load of the machine varies. */
async function compare(
  kind: ImageKind,
  rounds: number,
  machine: Machine,
  torch: Torch | null,
): Promise<TrainStepRow> {
  const towers = await twoTowers(kind, batch);
  const store: SlotStore = new Map();
  const step = await openStep(towers.plan, store, { ...machine, stageBegins: true });
  const device = machine.device === 'cpu' ? 'cpu' : 'cuda';
  const theirs = torch && (await openTorchStep(torch, towers, store, { ...machine, device }));
  const matMul = await openMatMul(machine);
  const fastest = { ours: Infinity, theirs: Infinity, matMul: Infinity };
  try {
    // The first round allocates memory and is not timed; both sides start it with the same weights.
    for (let round = 0; round <= rounds; round++) {
      const our = await timed(() => step.run(towers.batch, { ...towers.update, step: round + 1 }));
      const their = await theirs?.run();
      await waitForIdleThreads();
      const product = await timed(matMul.run);
      if (round === 0 && their) checkParity(kind, our, their);
      if (round === 0) continue;
      fastest.ours = Math.min(fastest.ours, our.seconds);
      fastest.theirs = Math.min(fastest.theirs, their?.seconds ?? Infinity);
      fastest.matMul = Math.min(fastest.matMul, product.seconds);
    }
  } finally {
    await Promise.all([step, theirs, matMul].map((side) => side?.close()));
  }
  const gflops = step.flops / fastest.ours / 1e9;
  const matMulGflops = matMul.flops / fastest.matMul / 1e9;
  return {
    model: kind,
    batch,
    imagesPerSecond: round(batch / fastest.ours, 1),
    gflops: round(gflops, 1),
    matMulGflops: round(matMulGflops, 1),
    ratioToMatMul: round(gflops / matMulGflops, 2),
    ...(theirs && {
      torchImagesPerSecond: round(batch / fastest.theirs, 1),
      ratioToTorch: round(fastest.theirs / fastest.ours, 2),
    }),
  };
}

/** Wait until the threads of OpenBLAS and OpenMP stop spinning, which slows the next side. */
const waitForIdleThreads = (): Promise<void> => setTimeout(100);

function checkParity(kind: ImageKind, our: Omit<StepReport, 'seconds'>, their: StepReport): void {
  for (const [name, tolerance] of [
    ['loss', 1e-4],
    ['gradientNorm', 1e-3],
  ] as const) {
    const error = Math.abs(our[name] - their[name]) / Math.abs(their[name]);
    if (error < tolerance) continue;
    throw new DiptychError(
      'internal',
      `${kind}: both sides should compute the same, but ${name} is ${our[name]}, in PyTorch ${their[name]}`,
    );
  }
}

/** Open a product of 2048 x 2048 matrices in the same runtime. */
async function openMatMul(machine: Machine, side = 2048) {
  const g = new Graph();
  const [a, b] = ['a', 'b'].map((name) => g.input(name, [side, side]));
  g.output(op.MatMul(g, a, b), 'product');
  const session = await openSession(writeModel(g), machine);
  const operand = tensor(new Float32Array(side * side).fill(0.1), [side, side]);
  return {
    flops: 2 * side ** 3,
    run: () => session.run({ a: operand, b: operand }),
    close: () => session.close(),
  };
}

async function timed<T extends object>(work: () => Promise<T>): Promise<T & { seconds: number }> {
  const started = performance.now();
  const result = await work();
  return { ...result, seconds: (performance.now() - started) / 1000 };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
