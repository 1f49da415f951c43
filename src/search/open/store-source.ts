import type { ObjectStore } from '../../objects/object-store.ts';
import type { FileSource } from './file-source.ts';
import { missingFile } from './read-file.ts';

/** A large object is read in chunks of so many bytes. */
const chunkBytes = 16 * 1024 * 1024;

/** Read the files of versions and models from a store. */
export function storeSource(store: ObjectStore): FileSource {
  return {
    hashesAll: true,
    async open(key) {
      const head = await store.head(key);
      return head && { size: head.size, chunks: readChunks(store, key, head.size) };
    },
  };
}

/**
 * @throws DiptychError index_unreadable when the object is deleted meanwhile, or what the store
 *   throws
 */
async function* readChunks(
  store: ObjectStore,
  key: string,
  size: number,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < size; offset += chunkBytes) {
    const length = Math.min(chunkBytes, size - offset);
    const chunk = await store.get(key, length < size ? { range: { offset, length } } : undefined);
    if (!chunk) throw missingFile(key);
    yield chunk;
  }
}
