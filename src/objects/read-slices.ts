import { DiptychError } from '../errors.ts';
import { imagePackKey } from '../version/keys.ts';
import type { ObjectStore } from './object-store.ts';

export interface PackSlice {
  readonly pack: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Two slices with at most so many bytes between them are read in one request. */
const gapBytes = 64 * 1024;
/** Largest request of several slices, bytes. */
const maxRunBytes = 16 * 1024 * 1024;

/**
 * Read slices of packs in few requests.
 *
 * @returns the bytes of each slice, in the order of `slices`
 * @throws DiptychError index_unreadable where a pack is missing
 */
export async function readSlices(
  objects: ObjectStore,
  slices: readonly PackSlice[],
): Promise<Uint8Array[]> {
  const order = slices
    .map((slice, at) => ({ ...slice, at }))
    .sort((a, b) => (a.pack === b.pack ? a.byteOffset - b.byteOffset : a.pack < b.pack ? -1 : 1));
  const result = new Array<Uint8Array>(slices.length);
  for (let first = 0; first < order.length;) {
    const { pack, byteOffset: start } = order[first]!;
    let end = start;
    let next = first;
    for (; next < order.length; next++) {
      const { pack: other, byteOffset, byteLength } = order[next]!;
      const isFar = byteOffset > end + gapBytes || byteOffset + byteLength - start > maxRunBytes;
      if (other !== pack || (next > first && isFar)) break;
      end = Math.max(end, byteOffset + byteLength);
    }
    const range = { offset: start, length: end - start };
    const bytes = await objects.get(imagePackKey(pack), { range });
    if (!bytes) {
      const key = imagePackKey(pack);
      throw new DiptychError('index_unreadable', `${key}: expected an object, got none`, { key });
    }
    for (const { at, byteOffset, byteLength } of order.slice(first, next)) {
      result[at] = bytes.subarray(byteOffset - start, byteOffset - start + byteLength);
    }
    first = next;
  }
  return result;
}
