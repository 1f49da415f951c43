import { budgetMemory } from '../common/images/decode-budget.ts';
import { askThread } from '../common/threads/ask-thread.ts';
import { createThreadPool, type ThreadPool } from '../common/threads/thread-pool.ts';
import { startThread } from '../common/threads/start-thread.ts';
import type { DecodeAnswers, DecodeSettings } from './decode-thread.ts';

/** Batches that a thread has at a time, so that it need not wait for the next one. */
export const perThread = 2;

/** Create a pool of threads that read and decode images of a data set. */
export function decodeThreads(
  settings: Omit<DecodeSettings, 'memory'>,
  threads: number,
): ThreadPool<DecodeAnswers> {
  const entry = new URL('./decode-thread.ts', import.meta.url);
  const shared: DecodeSettings = { ...settings, memory: budgetMemory() };
  return createThreadPool(
    () => askThread<DecodeAnswers>(startThread(entry, shared), { what: 'a decoding thread' }),
    { threads, perThread },
  );
}
