import { DiptychError } from '../errors.ts';
import { afterOwnFault } from '../own-fault.ts';
import { retry } from '../retry.ts';

/**
 * Ask a store, and give its failures a code.
 *
 * @param again - whether to ask again when the store failed by its own fault
 * @throws DiptychError store_failed, where a later try may succeed; a DiptychError stays as it is
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
