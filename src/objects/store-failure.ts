import { DiptychError } from '../errors.ts';
import { afterOwnFault } from '../own-fault.ts';
import { retry } from '../retry.ts';

/**
 * Ask a store.
 *
 * @param again - whether it may be asked again where it failed by itself
 * @throws DiptychError store_failed, which another try may help; one that has a code stays as it is
 */
export async function orFailure<T>(key: string, ask: () => Promise<T>, again = true): Promise<T> {
  try {
    return await (again ? retry(ask, afterOwnFault) : ask());
  } catch (cause) {
    if (cause instanceof DiptychError) throw cause;
    const message = `${key}: expected the store to answer, got ${String(cause)}`;
    throw new DiptychError('store_failed', message, { refused: false }, { cause });
  }
}
