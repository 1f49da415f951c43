import { createRandom } from '../../../common/random.ts';
import { BatchDraw } from '../batch/batch-draw.ts';
import type { Batch, BatchRun } from '../batch/batches.ts';
import type { Stage } from '../losses/loss-table.ts';
import { lossOf } from '../losses/loss-table.ts';

/** Make the batch of a step as the loss of its stage says. The same step always gives the same batch. */
export function makeBatch(run: BatchRun, stage: Stage, stageIndex: number, step: number): Batch {
  const random = createRandom(run.config.seed * 7919 + stageIndex * 104729 + step * 15485863);
  return lossOf(stage).batch(stage, new BatchDraw(run, stage, step, random));
}
