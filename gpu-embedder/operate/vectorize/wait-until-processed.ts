import { DiptychError } from '../../../src/errors.ts';
import type { Clock } from '../../common/clock.ts';
import { retryService } from '../../common/retry-service.ts';
import type { VectorizeUploader } from './vectorize-uploader.ts';

const pollMs = 5000;
const defaultDeadlineMs = 15 * 60_000;

/**
 * Wait until Vectorize has processed a mutation. Mutations are processed in order, and Vectorize
 * names only the last one. If that is one of another writer, `isDone` tells whether ours is done.
 *
 * @throws DiptychError vectorize_failed if that takes longer than `deadlineMs`
 */
export async function waitUntilProcessed(
  index: VectorizeUploader,
  mutationId: string,
  isDone: () => Promise<boolean>,
  clock: Clock,
  deadlineMs = defaultDeadlineMs,
): Promise<void> {
  const until = clock.now() + deadlineMs;
  for (;;) {
    const { processedUpToMutation } = await retryService(clock, () => index.info());
    if (processedUpToMutation === mutationId || (await isDone())) return;
    if (clock.now() + pollMs > until) {
      throw new DiptychError(
        'vectorize_failed',
        `Vectorize index ${index.name}: expected mutation ${mutationId} to be processed within ${deadlineMs / 1000} s, got as far as ${processedUpToMutation ?? 'none'}; run the command again`,
      );
    }
    await clock.wait(pollMs);
  }
}
