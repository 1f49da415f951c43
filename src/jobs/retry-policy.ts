import { DiptychError, type ErrorCode } from '../errors.ts';
import { retry, waitFor } from '../retry.ts';

/** Failures that pass by themselves: a service does not answer, or is busy. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'catalogue_unavailable',
  'embedder_busy',
  'embedder_unavailable',
  'store_failed',
]);

/**
 * How often a step is tried: after a failure that passes by itself (with the delays below, this takes
 * three quarters of an hour), and after a failure of unknown cause, which may come again every time.
 */
const tries = { passing: 100, unknown: 5 } as const;
const longestDelay = 30;

/** Whether a failure is not the job's fault, so that the job can continue later from where it is. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof DiptychError && passing.has(error.code) && error.details?.['refused'] !== true
  );
}

/**
 * Decide when to try a failed step again.
 *
 * @param attempt - how often it was tried, from 1 on
 * @returns seconds to wait, or null if it must not be tried again
 */
export function retryDelay(error: unknown, attempt: number): number | null {
  if (attempt >= triesAgainst(error)) return null;
  const asked = error instanceof DiptychError ? Number(error.details?.['retryAfterMs'] ?? 0) : 0;
  return Math.max(asked / 1000, Math.min(longestDelay, 2 ** (attempt - 1)));
}

function triesAgainst(error: unknown): number {
  if (isPassing(error)) return tries.passing;
  // `embedder_failed` may concern only one of several embedders. Every other code would come again.
  const isKnown = error instanceof DiptychError && error.code !== 'embedder_failed';
  return isKnown ? 1 : tries.unknown;
}

/** Whether a failure concerns only the batch that is encoded, and not the whole job. */
export function isOfBatch(error: unknown): boolean {
  return !(error instanceof DiptychError && error.code === 'model_mismatch');
}

export function reasonOf(error: unknown): string {
  return error instanceof DiptychError ? `${error.code}: ${error.message}` : String(error);
}

export interface Patience {
  readonly signal?: AbortSignal;
  /** Called before a step waits to be tried again. */
  readonly onWait?: (error: unknown, seconds: number) => void;
  /** Waits for a time, milliseconds; by default in real time. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Wait before something is tried again or looked at again. */
export function pause({ signal, wait = waitFor }: Patience, seconds: number): Promise<void> {
  return wait(1000 * seconds, signal);
}

/** Do a step, and try it again as long as `retryDelay` says so. @throws the last failure */
export function withPatience<T>(
  { signal, onWait, wait }: Patience,
  step: () => Promise<T>,
): Promise<T> {
  return retry(step, {
    delayMs: (error, attempt) => {
      const seconds = retryDelay(error, attempt);
      return seconds === null ? null : 1000 * seconds;
    },
    signal,
    onWait: (error, ms) => onWait?.(error, ms / 1000),
    wait,
  });
}
