import { waitFor } from '../../src/retry.ts';

/** The time, and a way to wait. Tests replace it, so that they need not wait. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

export const realClock: Clock = { now: () => Date.now(), wait: (ms) => waitFor(ms) };
