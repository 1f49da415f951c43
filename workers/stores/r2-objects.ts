import { DiptychError } from '../../src/errors.ts';
import { bucketStore } from '../../src/objects/bucket-store.ts';
import type { ObjectStore } from '../../src/objects/object-store.ts';
import type { Env } from '../env.ts';
import type { ObjectBucket } from './artifact-bucket.ts';

/** Open the bucket of the worker as a store. @throws DiptychError not_found if it is read-only */
export function r2Objects(env: Env): ObjectStore {
  return bucketStore(objectBucket(env));
}

/** The bucket of the worker. @throws DiptychError not_found if it is read-only, as in a static site */
export function objectBucket({ ARTIFACTS }: Env): ObjectBucket {
  if ('put' in ARTIFACTS) return ARTIFACTS;
  throw new DiptychError('not_found', 'objects: there is no bucket here that can be written');
}
