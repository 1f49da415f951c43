import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import { storeSource } from '../../../src/search/open/store-source.ts';

/** The bytes of a pack in order; a text in place of bytes says why the rest cannot be read. */
export type PackBytes = AsyncIterable<Uint8Array | string>;

/**
 * Open a pack for reading in chunks. That a store has the size of an object, and not its bytes, is said
 * in the chunks and not thrown: the other packs can still be checked.
 *
 * @returns size -1 and no chunks where there is no such object
 * @throws DiptychError store_failed where the store does not even answer for the size
 */
export async function openPack(
  objects: ObjectStore,
  key: string,
): Promise<{ readonly size: number; readonly chunks: PackBytes | null }> {
  const file = await storeSource(objects).open(key);
  if (!file) return { size: -1, chunks: null };
  return { size: file.size, chunks: untilBroken(file.chunks) };
}

async function* untilBroken(chunks: AsyncIterable<Uint8Array>): PackBytes {
  try {
    yield* chunks;
  } catch (error) {
    if (!(error instanceof DiptychError)) throw error;
    yield `no bytes: ${error.message}`;
  }
}
