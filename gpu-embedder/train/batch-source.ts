import { startThread } from '../threads/start-thread.ts';
import type { Batch } from './batches.ts';
import type { BatchRequest, BatchThreadData } from './batch-thread.ts';

interface BatchReply extends BatchRequest {
  readonly batch: Batch;
}

export interface BatchSource {
  next(stage: number, step: number): Promise<Batch>;
  close(): Promise<void>;
}

/** Most memory for batches that wait, bytes. */
const aheadBytes = 512 * 2 ** 20;

/** Make batches ahead in another thread, so that the trainer does not wait for pixels. */
export function startBatchSource(data: BatchThreadData): BatchSource {
  const thread = startThread(new URL('./batch-thread.ts', import.meta.url), data);
  const ready = new Map<string, Batch>();
  const waiting = new Map<string, (batch: Batch) => void>();
  const requested = new Set<string>();
  const key = (stage: number, step: number) => `${stage}/${step}`;
  let failed: (error: Error) => void = () => {};
  const failure = new Promise<never>((_, reject) => (failed = reject));
  failure.catch(() => {});
  thread.on('error', failed);
  thread.on('message', ({ stage, step, batch }: BatchReply) => {
    const id = key(stage, step);
    const resolve = waiting.get(id);
    waiting.delete(id);
    if (resolve) resolve(batch);
    else ready.set(id, batch);
  });
  const request = (stage: number, step: number): void => {
    if (step >= data.stages[stage].steps || requested.has(key(stage, step))) return;
    requested.add(key(stage, step));
    thread.postMessage({ stage, step } satisfies BatchRequest);
  };
  return {
    next: async (stage, step) => {
      const ahead = batchesAhead(data, stage);
      for (let i = 0; i <= ahead; i++) request(stage, step + i);
      // session.run blocked this thread: receive the messages that arrived in the meantime.
      await new Promise((resolve) => setImmediate(resolve));
      const id = key(stage, step);
      requested.delete(id);
      const batch = ready.get(id);
      ready.delete(id);
      if (batch) return batch;
      return Promise.race([failure, new Promise<Batch>((resolve) => waiting.set(id, resolve))]);
    },
    close: async () => {
      await thread.terminate();
    },
  };
}

/** How many batches to make ahead: one to three, fewer of large ones, since they wait in memory. */
function batchesAhead({ stages, imageSize }: BatchThreadData, index: number): number {
  const stage = stages[index];
  const bytes = stage.batch * (3 * (stage.imageSize ?? imageSize) ** 2 + stage.batch) * 4;
  return Math.max(1, Math.min(3, Math.floor(aheadBytes / bytes)));
}
