import { DiptychError } from '../../src/errors.ts';

/** Time, which tests pass by themselves. */
export interface Clock {
  /** Milliseconds. */
  now(): number;
  wait(ms: number): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  wait: (ms) => new Promise((resolve) => void setTimeout(resolve, ms)),
};

const attempts = 6;
const firstWaitMs = 1000;

/**
 * Call until it succeeds, at most six times, waiting twice as long each time or as long as the
 * service asks (`details.retryAfterMs`). What the service refuses (`details.refused`) is not tried
 * again.
 */
export async function withRetries<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      const { refused, retryAfterMs } = detailsOf(error);
      if (refused || attempt === attempts) throw error;
      await clock.wait(Math.max(firstWaitMs * 2 ** (attempt - 1), retryAfterMs));
    }
  }
}

function detailsOf(error: unknown): { refused: boolean; retryAfterMs: number } {
  if (!(error instanceof DiptychError)) return { refused: true, retryAfterMs: 0 };
  const { refused = error.code !== 'vectorize_failed', retryAfterMs = 0 } = error.details ?? {};
  return { refused: refused === true, retryAfterMs: Number(retryAfterMs) };
}
