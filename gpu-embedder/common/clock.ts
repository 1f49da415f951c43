import { waitFor } from '../../src/retry.ts';

/** Time, which tests pass by themselves. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

export const realClock: Clock = { now: () => Date.now(), wait: (ms) => waitFor(ms) };
