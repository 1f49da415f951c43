/** Between attempts, milliseconds: what passes within seconds is no failure. */
const waits = [20, 60, 200, 500, 1000, 2000];

/**
 * Ask a service again that failed by itself for a moment, as D1 and R2 do now and then, and as their
 * local stand-ins do when two processes write at once.
 *
 * @param ask - what does no harm when it is done twice
 * @param passes - whether such a failure is one of those
 * @throws what it failed with at last
 */
export async function askAgain<T>(
  ask: () => Promise<T>,
  passes: (error: unknown) => boolean,
): Promise<T> {
  for (const ms of waits) {
    try {
      return await ask();
    } catch (error) {
      if (!passes(error)) throw error;
      await new Promise((resolve) => void setTimeout(resolve, ms));
    }
  }
  return ask();
}

/** Whether Cloudflare's D1 or R2 says that it failed by itself. */
export function isOwnFault(error: unknown): boolean {
  return /internal error|database is locked|SQLITE_BUSY|connection lost/i.test(String(error));
}
