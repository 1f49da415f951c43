import { DiptychError } from '../../src/errors.ts';
import { retry } from '../../src/retry.ts';
import type { Clock } from './clock.ts';

const attempts = 6;
const firstWaitMs = 1000;

/**
 * Call a service until it succeeds, at most six times, waiting twice as long each time or as long as
 * the service asks (`details.retryAfterMs`). What the service refuses (`details.refused`) is not tried
 * again.
 */
export function retryService<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  return retry(call, {
    delayMs: (error, attempt) => {
      const { refused, retryAfterMs } = detailsOf(error);
      if (refused || attempt === attempts) return null;
      return Math.max(firstWaitMs * 2 ** (attempt - 1), retryAfterMs);
    },
    wait: (ms) => clock.wait(ms),
  });
}

function detailsOf(error: unknown): { refused: boolean; retryAfterMs: number } {
  if (!(error instanceof DiptychError)) return { refused: true, retryAfterMs: 0 };
  const { refused = error.code !== 'vectorize_failed', retryAfterMs = 0 } = error.details ?? {};
  return { refused: refused === true, retryAfterMs: Number(retryAfterMs) };
}
