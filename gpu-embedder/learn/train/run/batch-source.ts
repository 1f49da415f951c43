import { askThread } from '../../../common/threads/ask-thread.ts';
import { startThread } from '../../../common/threads/start-thread.ts';
import type { Batch } from '../batch/batches.ts';
import type { BatchAnswers, BatchThreadData } from './batch-thread.ts';

export interface BatchSource {
  next(stage: number, step: number): Promise<Batch>;
  close(): Promise<void>;
}

/** Most memory for batches that wait, bytes. */
const aheadBytes = 512 * 2 ** 20;

/** Make batches ahead in another thread, so that the trainer does not wait for pixels. */
export function startBatchSource(data: BatchThreadData): BatchSource {
  const entry = new URL('./batch-thread.ts', import.meta.url);
  const thread = askThread<BatchAnswers>(startThread(entry, data), {
    what: 'the thread of the batches',
  });
  const requested = new Map<string, Promise<Batch>>();

  function request(stage: number, step: number): Promise<Batch> {
    const key = `${stage}/${step}`;
    const batch = requested.get(key) ?? thread.ask('make', { stage, step });
    requested.set(key, batch);
    // One that is ahead may fail before it is the one that is awaited, which tells.
    batch.catch(() => {});
    return batch;
  }

  return {
    next: async (stage, step) => {
      const batch = request(stage, step);
      const last = Math.min(step + batchesAhead(data, stage), data.stages[stage].steps - 1);
      for (let ahead = step + 1; ahead <= last; ahead++) void request(stage, ahead);
      // session.run blocked this thread: receive the messages that arrived in the meantime.
      await new Promise((resolve) => setImmediate(resolve));
      requested.delete(`${stage}/${step}`);
      return batch;
    },
    close: () => thread.dispose(),
  };
}

/** How many batches to make ahead: one to three, fewer of large ones, since they wait in memory. */
function batchesAhead({ stages, imageSize }: BatchThreadData, index: number): number {
  const stage = stages[index];
  const bytes = stage.batch * (3 * (stage.imageSize ?? imageSize) ** 2 + stage.batch) * 4;
  return Math.max(1, Math.min(3, Math.floor(aheadBytes / bytes)));
}
