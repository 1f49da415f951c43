import { Worker, workerData } from 'node:worker_threads';

/** The `workerData` of a thread that {@link startThread} started. */
interface ThreadData<T> {
  readonly entry: string;
  readonly data: T;
}

/**
 * Start a worker thread whose entry is a TypeScript module.
 *
 * @param entry - module URL, `new URL('./x-thread.ts', import.meta.url)`
 * @param data - the thread reads it with `threadData<T>()`
 */
export function startThread<T>(entry: URL, data?: T): Worker {
  const given: ThreadData<T | undefined> = { entry: entry.href, data };
  return new Worker(new URL('./boot.mjs', import.meta.url), { workerData: given });
}

/** Read, inside a thread, the data that it was started with. */
export function threadData<T>(): T {
  // Node types workerData as any; startThread is the only one that sets it.
  return (workerData as ThreadData<T>).data;
}
