import { DiptychError } from '../../src/errors.ts';
import { retry } from '../../src/retry.ts';
import type { Clock } from './clock.ts';

const attempts = 6;
const firstWaitMs = 1000;

/**
 * Call a service until it succeeds, at most six times. The wait doubles each time, and is longer if
 * the service asks for that (`details.retryAfterMs`). A request that the service refused
 * (`details.refused`) is not sent again.
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
