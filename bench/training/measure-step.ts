import { openStep } from '../../gpu-embedder/learn/train/step/open-step.ts';
import { twoTowers } from './two-towers.ts';

/** The cost of a step, measured in its own process: peak memory never goes down within a process. */
export interface StepCost {
  /** Of the fastest step. */
  readonly seconds: number;
  /** Peak memory of the process, bytes. */
  readonly peakBytes: number;
}

const [batch, microBatch, threads, steps] = process.argv.slice(2).map(Number);
const { plan, batch: rows, update } = await twoTowers('cnn', batch, microBatch);
const options = { device: 'cpu', threads, stageBegins: true } as const;
const step = await openStep(plan, new Map(), options);
let seconds = Infinity;
for (let i = 1; i <= steps; i++) {
  const started = performance.now();
  await step.run(rows, { ...update, step: i });
  seconds = Math.min(seconds, (performance.now() - started) / 1000);
}
await step.close();
const cost: StepCost = { seconds, peakBytes: process.resourceUsage().maxRSS * 1024 };
console.log(JSON.stringify(cost));
