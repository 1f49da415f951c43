import { DiptychError } from '../errors.ts';

/**
 * Wait for what a store was asked.
 *
 * @throws DiptychError store_failed, which another try may help; one that has a code stays as it is
 */
export async function orFailure<T>(key: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof DiptychError) throw cause;
    const message = `${key}: expected the store to answer, got ${String(cause)}`;
    throw new DiptychError('store_failed', message, { refused: false }, { cause });
  }
}
