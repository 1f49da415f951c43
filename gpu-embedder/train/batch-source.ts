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

/** Batches made ahead in a thread of their own, so that the trainer never waits for pixels. */
export function startBatchSource(data: BatchThreadData, ahead = 3): BatchSource {
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
    if (step >= data.config.stages[stage].steps || requested.has(key(stage, step))) return;
    requested.add(key(stage, step));
    thread.postMessage({ stage, step } satisfies BatchRequest);
  };
  return {
    next: async (stage, step) => {
      for (let i = 0; i <= ahead; i++) request(stage, step + i);
      // session.run blocks this thread: let the messages that came meanwhile in.
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
