import { askAgain, isOwnFault } from '../ask-again.ts';
import { DiptychError } from '../errors.ts';

/**
 * Ask a store.
 *
 * @param again - whether it may be asked again where it failed by itself
 * @throws DiptychError store_failed, which another try may help; one that has a code stays as it is
 */
export async function orFailure<T>(key: string, ask: () => Promise<T>, again = true): Promise<T> {
  try {
    return await askAgain(ask, (error) => again && isOwnFault(error));
  } catch (cause) {
    if (cause instanceof DiptychError) throw cause;
    const message = `${key}: expected the store to answer, got ${String(cause)}`;
    throw new DiptychError('store_failed', message, { refused: false }, { cause });
  }
}
