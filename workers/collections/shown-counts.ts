import type { Manifest } from '../../src/version/manifest.ts';
import { openCaptions, openItems } from '../../src/search/open/open-version.ts';
import { shownCounts, type ShownCounts } from '../../src/search/shown-counts.ts';
import type { ArtifactBucket } from '../stores/artifact-bucket.ts';
import { bucketVersion } from '../stores/bucket-source.ts';

/** Counts what a version shows without the items that were deleted since it was built. */
export type CountShown = (
  bucket: ArtifactBucket,
  manifest: Manifest,
  deleted: ReadonlySet<string>,
) => Promise<ShownCounts>;

/**
 * Create a {@link CountShown}. The items and captions are read once for each list of deleted items,
 * and only the counts are kept: a list of all collections must not fill the memory with them.
 */
export function createCountShown(): CountShown {
  const counted = new WeakMap<ReadonlySet<string>, { version: string; counts: ShownCounts }>();
  return async (bucket, manifest, deleted) => {
    if (deleted.size === 0) return manifest.counts;
    const { version } = manifest;
    const known = counted.get(deleted);
    if (known?.version === version) return known.counts;
    const files = bucketVersion(bucket, manifest);
    const counts = shownCounts(await openItems(files), await openCaptions(files), deleted);
    counted.set(deleted, { version, counts });
    return counts;
  };
}
