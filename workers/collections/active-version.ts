import { DiptychError } from '../../src/errors.ts';
import { readUnlistedText } from '../../src/search/open/read-file.ts';
import { activeKey } from '../../src/version/keys.ts';
import { parsePointer } from '../../src/version/pointer.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';
import { bucketSource } from '../stores/bucket-source.ts';

/**
 * Read which version of a collection is the active one.
 *
 * @throws DiptychError unknown_collection, index_unreadable
 */
export async function readActiveVersion(bucket: ArtifactBucket, name: string): Promise<string> {
  const json = await readUnlistedText(bucketSource(bucket), activeKey(name));
  if (json === null) {
    throw new DiptychError('unknown_collection', `collection: there is none named ${name}`, {
      collection: name,
    });
  }
  return parsePointer(activeKey(name), json).version;
}
