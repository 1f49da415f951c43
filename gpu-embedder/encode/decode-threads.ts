import { startThread } from '../threads/start-thread.ts';
import type { ImageRef } from '../dataset/prepared.ts';
import type { DecodedBatch, DecodeSettings, DecodeTask } from './decode-thread.ts';

export interface DecodeThreads {
  /** Decode on the thread whose turn it is. */
  decode(images: readonly ImageRef[]): Promise<DecodedBatch>;
  stop(): Promise<void>;
}

interface Waiting {
  readonly resolve: (batch: DecodedBatch) => void;
  readonly reject: (error: unknown) => void;
}

/** Start threads that read and decode images of a data set. */
export function startDecodeThreads(settings: DecodeSettings, count: number): DecodeThreads {
  const waiting = new Map<number, Waiting>();
  let next = 0;
  const threads = Array.from({ length: count }, () => {
    const thread = startThread(new URL('./decode-thread.ts', import.meta.url), settings);
    thread.on('message', (batch: DecodedBatch) => {
      waiting.get(batch.id)?.resolve(batch);
      waiting.delete(batch.id);
    });
    thread.on('error', (error) => {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    });
    return thread;
  });
  return {
    decode: (images) =>
      new Promise((resolve, reject) => {
        const id = next++;
        waiting.set(id, { resolve, reject });
        const task: DecodeTask = { id, images };
        threads[id % count].postMessage(task);
      }),
    stop: async () => {
      await Promise.all(threads.map((thread) => thread.terminate()));
    },
  };
}
