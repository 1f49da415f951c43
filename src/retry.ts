export interface RetryOptions {
  /**
   * Decides whether the work is done again, and when.
   *
   * @param attempt - the number of attempts so far, at least 1
   * @returns milliseconds to wait, or null to give up
   */
  readonly delayMs: (error: unknown, attempt: number) => number | null;
  /** Ends the wait. `retry` then throws the reason of the signal and makes no further attempt. */
  readonly signal?: AbortSignal;
  /** Called before each wait. */
  readonly onWait?: (error: unknown, ms: number) => void;
  /** How to wait; by the clock by default. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Do work, and repeat it as long as it fails and `delayMs` allows another attempt.
 *
 * @param work - it must do no harm when it is done twice
 * @throws the error of the last attempt
 * @example
 *   await retry(() => fetch(url), { delayMs: (_, attempt) => (attempt < 3 ? 100 * attempt : null) });
 */
export async function retry<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { delayMs, signal, onWait, wait = waitFor } = options;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const ms = delayMs(error, attempt);
      if (ms === null) throw error;
      onWait?.(error, ms);
      await wait(ms, signal);
    }
  }
}

/** Wait by the clock. @throws the reason of the signal as soon as it is aborted */
export function waitFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
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
