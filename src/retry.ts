export interface RetryOptions {
  /**
   * Decides whether and when the work is done again.
   *
   * @param attempt - how often it was done, from 1 on
   * @returns milliseconds to wait, or null: not again
   */
  readonly delayMs: (error: unknown, attempt: number) => number | null;
  /** Ends the wait, and the work is not done again; `retry` then throws its reason. */
  readonly signal?: AbortSignal;
  /** Told before each wait. */
  readonly onWait?: (error: unknown, ms: number) => void;
  /** Default: by the clock. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Do work again, as often as `delayMs` says.
 *
 * @param work - what does no harm when it is done twice
 * @throws what it failed with at last
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
