import type { ManifestOutline } from '../../../src/version/manifest.ts';
import { vectorizeLimits } from '../../../src/vectorize/limits.ts';
import { vectorNames } from '../../../src/vectorize/vector-names.ts';
import { realClock } from '../../common/clock.ts';
import { retryService } from '../../common/retry-service.ts';
import type { TransferOptions } from './upload-vectors.ts';
import type { VectorizeUploader } from './vectorize-uploader.ts';
import { waitUntilProcessed } from './wait-until-processed.ts';

/**
 * Delete the vectors of a version from Vectorize and wait until they are gone. Deleting absent
 * vectors is not an error, so an interrupted deletion can be run again.
 *
 * @returns number of ids that were sent
 * @throws DiptychError vectorize_failed
 */
export async function deleteVectors(
  index: VectorizeUploader,
  manifest: ManifestOutline,
  { onProgress = () => {}, clock = realClock, deadlineMs }: TransferOptions = {},
): Promise<number> {
  const ids = idsOf(manifest);
  const { deleteBatch } = vectorizeLimits;
  let mutationId: string | undefined;
  for (let from = 0; from < ids.length; from += deleteBatch) {
    const batch = ids.slice(from, from + deleteBatch);
    ({ mutationId } = await retryService(clock, () => index.deleteByIds(batch)));
    onProgress(from + batch.length, ids.length);
  }
  if (mutationId !== undefined) {
    const isGone = async () =>
      (await retryService(clock, () => index.getByIds(ids.slice(-1)))).length === 0;
    await waitUntilProcessed(index, mutationId, isGone, clock, deadlineMs);
  }
  return ids.length;
}

/** List the ids, the last first: an upload takes a batch as complete if it finds its last vector. */
function idsOf(manifest: ManifestOutline): string[] {
  return (['caption', 'image'] as const).flatMap((kind) => {
    const { count } = manifest[kind];
    const { id } = vectorNames(manifest.version, kind, count);
    return Array.from({ length: count }, (_, i) => id(count - 1 - i));
  });
}
