import { Worker } from 'node:worker_threads';

/** What a thread started by {@link startThread} finds in `workerData`. */
export interface ThreadData<T> {
  readonly entry: string;
  readonly data: T;
}

/**
 * Start a worker thread whose entry is a TypeScript module.
 *
 * @param entry - module URL, `new URL('./x-thread.ts', import.meta.url)`
 * @param data - found by the thread as `(workerData as ThreadData<T>).data`
 */
export function startThread<T>(entry: URL, data?: T): Worker {
  const workerData: ThreadData<T | undefined> = { entry: entry.href, data };
  return new Worker(new URL('./boot.mjs', import.meta.url), { workerData });
}
