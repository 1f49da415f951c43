import { DiptychError, type ErrorCode } from '../errors.ts';

/** Something that passes by itself: what is asked does not answer, or is busy. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'catalogue_unavailable',
  'embedder_busy',
  'embedder_unavailable',
  'store_failed',
]);

/**
 * How often a step is tried: against something that passes (at the delays below for three quarters
 * of an hour), and against a failure of unknown cause, which may be its own fault.
 */
const tries = { passing: 100, unknown: 5 } as const;
const longestDelay = 30;

/** Whether a failure is none of the job's: it may go on later from where it is. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof DiptychError && passing.has(error.code) && error.details?.['refused'] !== true
  );
}

/**
 * When to try a step again that failed.
 *
 * @param attempt - how often it was tried, from 1 on
 * @returns seconds, or null: not again
 */
export function retryDelay(error: unknown, attempt: number): number | null {
  if (attempt >= triesAgainst(error)) return null;
  const asked = error instanceof DiptychError ? Number(error.details?.['retryAfterMs'] ?? 0) : 0;
  return Math.max(asked / 1000, Math.min(longestDelay, 2 ** (attempt - 1)));
}

function triesAgainst(error: unknown): number {
  if (isPassing(error)) return tries.passing;
  // An embedder's failure may be that of one embedder; any other that has a code stays the same.
  const isKnown = error instanceof DiptychError && error.code !== 'embedder_failed';
  return isKnown ? 1 : tries.unknown;
}

/** Whether it is the fault of the batch that is encoded, and not of the whole job. */
export function isOfBatch(error: unknown): boolean {
  return !(error instanceof DiptychError && error.code === 'model_mismatch');
}

export function reasonOf(error: unknown): string {
  return error instanceof DiptychError ? `${error.code}: ${error.message}` : String(error);
}

export interface Patience {
  readonly signal?: AbortSignal;
  /** Told before a step waits to be tried again. */
  readonly onWait?: (error: unknown, seconds: number) => void;
  /** @param ms - milliseconds; default by the clock */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Wait before something is tried again or looked at again. */
export function pause({ signal, wait = waitFor }: Patience, seconds: number): Promise<void> {
  return wait(1000 * seconds, signal);
}

/** Do a step, again and again where `retryDelay` says so. @throws what it failed with at last */
export async function withPatience<T>(patience: Patience, step: () => Promise<T>): Promise<T> {
  const { signal, onWait } = patience;
  for (let attempt = 1; ; attempt++) {
    try {
      return await step();
    } catch (error) {
      signal?.throwIfAborted();
      const seconds = retryDelay(error, attempt);
      if (seconds === null) throw error;
      onWait?.(error, seconds);
      await pause(patience, seconds);
    }
  }
}

function waitFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
