import type { ByteRange } from '../../src/objects/object-store.ts';
import { missingFile, unreadable } from '../../src/search/open/read-file.ts';
import type { VersionFiles } from '../../src/search/open/version-files.ts';
import type { ArtifactBucket, StoredObject } from './artifact-bucket.ts';

/**
 * Stream a part of a file of a version, such as one picture. The size of the file is checked, but
 * not its checksum, which only the whole file has.
 *
 * @throws DiptychError index_unreadable if the file is missing or has another size
 */
export async function readSlice(
  bucket: ArtifactBucket,
  files: VersionFiles,
  name: string,
  range: ByteRange,
): Promise<ReadableStream> {
  const key = files.key(name);
  const object = await getRange(bucket, key, range);
  if (!object) throw missingFile(key);
  if (object.size === files.size(name)) return object.body;
  await object.body.cancel();
  throw unreadable(key, `expected ${files.size(name)} bytes, got ${object.size}`);
}

/** Get a range of an object. R2 throws if the object ends before the range. */
async function getRange(
  bucket: ArtifactBucket,
  key: string,
  range: ByteRange,
): Promise<StoredObject | null> {
  try {
    return await bucket.get(key, { range });
  } catch (cause) {
    const { offset, length } = range;
    throw unreadable(key, `expected ${length} bytes from ${offset}, got ${String(cause)}`, cause);
  }
}
