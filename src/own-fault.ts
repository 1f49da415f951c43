import type { RetryOptions } from './retry.ts';

/** Between attempts, milliseconds: what passes within seconds is no failure. */
const waits = [20, 60, 200, 500, 1000, 2000];

/**
 * To `retry` what Cloudflare's D1 or R2 failed at by its own fault, as they do for a moment now and
 * then, and as their local stand-ins do when two processes write at once.
 */
export const afterOwnFault: RetryOptions = {
  delayMs: (error, attempt) => (isOwnFault(error) ? (waits[attempt - 1] ?? null) : null),
};

/** Whether D1 or R2 says that it failed by itself. */
function isOwnFault(error: unknown): boolean {
  return /internal error|database is locked|SQLITE_BUSY|connection lost/i.test(String(error));
}
