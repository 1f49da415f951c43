import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { StepCost } from './training/measure-step.ts';

export const question =
  'How much time do micro-batches (GradCache) cost, and how much memory do they save?';

export interface GradCacheRow {
  readonly batch: number;
  readonly microBatch: number;
  readonly secondsPerStep: number;
  readonly imagesPerSecond: number;
  readonly peakMegabytes: number;
}

/** Batches in micro-batches and, where they fit a small machine, as a whole. */
const cases = [
  { batch: 256, microBatch: 256, steps: 4 },
  { batch: 1024, microBatch: 1024, steps: 3 },
  { batch: 1024, microBatch: 256, steps: 3 },
  { batch: 4096, microBatch: 256, steps: 2 },
] as const;

const script = fileURLToPath(new URL('training/measure-step.ts', import.meta.url));

/** Train both towers of the starter recipe at 64 px, with a process for each case. */
export async function run(): Promise<GradCacheRow[]> {
  const rows: GradCacheRow[] = [];
  for (const { batch, microBatch, steps } of cases) {
    const { seconds, peakBytes } = await measure(batch, microBatch, steps);
    rows.push({
      batch,
      microBatch,
      secondsPerStep: Number(seconds.toFixed(2)),
      imagesPerSecond: Number((batch / seconds).toFixed(1)),
      peakMegabytes: Math.round(peakBytes / 1e6),
    });
  }
  return rows;
}

async function measure(batch: number, microBatch: number, steps: number): Promise<StepCost> {
  const args = [batch, microBatch, availableParallelism(), steps].map(String);
  const node = ['--import', 'tsx', script, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  return JSON.parse(stdout) as StepCost;
}
