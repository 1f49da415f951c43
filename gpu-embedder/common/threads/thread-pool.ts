import { DiptychError } from '../../../src/errors.ts';
import type { AskedThread } from './ask-thread.ts';
import type { Answers } from './thread-messages.ts';

/** Several threads of one kind, which are asked as if they were one. */
export type ThreadPool<A extends Answers> = Pick<AskedThread<A>, 'ask' | 'dispose'>;

export interface PoolSize {
  readonly threads: number;
  /** Most requests that a thread has at a time; further requests wait in the pool. */
  readonly perThread: number;
}

/**
 * Create a pool. Each request goes to the thread that owes the fewest answers. A thread starts when
 * all others are busy. When a thread ends, only its own requests fail, and the next request
 * starts a new thread in its place.
 */
export function createThreadPool<A extends Answers>(
  start: () => AskedThread<A>,
  { threads: count, perThread }: PoolSize,
): ThreadPool<A> {
  let threads: AskedThread<A>[] = [];
  const line: (() => void)[] = [];
  let inFlight = 0;
  let disposed = false;

  function leastBusy(): AskedThread<A> {
    if (disposed) throw new DiptychError('internal', 'the pool of threads was stopped');
    threads = threads.filter((thread) => thread.isAlive());
    const idle = threads.find((thread) => thread.owed() === 0);
    if (idle) return idle;
    if (threads.length < count) threads.push(start());
    return threads.reduce((best, other) => (other.owed() < best.owed() ? other : best));
  }

  async function enter(): Promise<void> {
    if (inFlight < count * perThread) inFlight += 1;
    else await new Promise<void>((resolve) => line.push(resolve));
  }

  function leave(): void {
    const next = line.shift();
    if (next) next();
    else inFlight -= 1;
  }

  return {
    ask: (name, ...args) =>
      enter()
        .then(() => leastBusy().ask(name, ...args))
        .finally(leave),
    dispose: async () => {
      disposed = true;
      await Promise.all(threads.map((thread) => thread.dispose()));
    },
  };
}
