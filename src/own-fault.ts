import type { RetryOptions } from './retry.ts';

/** Waits between attempts, milliseconds. A fault that passes within seconds is not reported. */
const waits = [20, 60, 200, 500, 1000, 2000];

/**
 * Options for `retry` that repeat a call where D1 or R2 of Cloudflare failed by its own fault. The
 * services do so for a moment now and then; their local stand-ins do when two processes write at
 * once.
 */
export const afterOwnFault: RetryOptions = {
  delayMs: (error, attempt) => (isOwnFault(error) ? (waits[attempt - 1] ?? null) : null),
};

/** Tell whether D1 or R2 failed by its own fault, according to its message. */
function isOwnFault(error: unknown): boolean {
  return /internal error|database is locked|SQLITE_BUSY|connection lost/i.test(String(error));
}
