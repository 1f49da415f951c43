import { setTimeout } from 'node:timers/promises';
import { limits } from '../../../src/limits.ts';

/**
 * Lets pictures be decoded while the memory that they need stays below a limit. A picture that needs
 * more than the limit is decoded when no other one is. All wait in the order of asking, so that a
 * large one is not overtaken for ever.
 */
export interface DecodeBudget {
  /** @param bytes - memory that the work needs */
  during<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/** Places in the shared memory. The first two count who asked and who was let in; both wrap around. */
const [asked, letIn, used] = [0, 1, 2];
const places = 3;
/** The memory is counted in KiB, so that more than 2 GiB fit into a number of 32 bits. */
const unit = 1024;
/** How often somebody who waits looks again, milliseconds. */
const lookMs = 2;

/** Memory through which the threads of one pool share a budget. */
export const budgetMemory = (): SharedArrayBuffer =>
  new SharedArrayBuffer(places * Int32Array.BYTES_PER_ELEMENT);

/**
 * Open a budget.
 *
 * @param memory - of {@link budgetMemory}; budgets of the same memory are one
 */
export function decodeBudget(
  memory = budgetMemory(),
  limit: number = limits.decodeBytes,
): DecodeBudget {
  const counts = new Int32Array(memory);
  const mayEnter = (need: number) => {
    const inUse = Atomics.load(counts, used);
    return inUse === 0 || inUse + need <= limit / unit;
  };

  /** Of the pictures of this thread, one at a time stands in the line of all threads. */
  let line = Promise.resolve();

  function enter(need: number): Promise<void> {
    line = line.then(async () => {
      const place = Atomics.add(counts, asked, 1);
      // Only the first in line adds, and others can only give back meanwhile.
      while (Atomics.load(counts, letIn) !== place || !mayEnter(need)) await setTimeout(lookMs);
      Atomics.add(counts, used, need);
      Atomics.add(counts, letIn, 1);
    });
    return line;
  }

  return {
    async during(bytes, work) {
      const need = Math.ceil(bytes / unit);
      await enter(need);
      try {
        return await work();
      } finally {
        Atomics.sub(counts, used, need);
      }
    },
  };
}

/** The budget of the pictures that are decoded in the main thread. */
export const ownBudget = decodeBudget();
