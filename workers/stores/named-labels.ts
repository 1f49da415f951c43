import { captionsLabelSet } from '../../src/http/api.ts';
import { DiptychError } from '../../src/errors.ts';
import { parseLabelSet } from '../../src/search/classify/label-set.ts';
import { readUnlistedText } from '../../src/search/open/read-file.ts';
import { bucketSource } from './bucket-source.ts';
import { labelSetKey } from '../../src/version/keys.ts';
import type { ArtifactBucket } from './artifact-bucket.ts';

/**
 * Read the labels of a set.
 *
 * @returns undefined for the set of captions, whose labels are in the collection
 * @throws DiptychError unknown_label_set, index_unreadable
 */
export async function namedLabels(
  bucket: ArtifactBucket,
  name: string,
): Promise<readonly string[] | undefined> {
  if (name === captionsLabelSet) return undefined;
  const key = labelSetKey(name);
  const json = await readUnlistedText(bucketSource(bucket), key);
  if (json !== null) return parseLabelSet(key, json);
  throw new DiptychError('unknown_label_set', 'labelSet: there is no label set of that name');
}
