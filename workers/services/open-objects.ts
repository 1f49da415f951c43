import { bucketStore, type Bucket } from '../../src/objects/bucket-store.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import type { Env } from '../env.ts';

/** The bucket as a store of objects that may be written, too. */
export function openObjects({ ARTIFACTS }: Env): ObjectStore {
  return bucketStore(ARTIFACTS as unknown as Bucket);
}
