import type { EmbeddingPlace } from '../../items/embeddings.ts';
import { imageMissing, imagePart, lostFrom, lostParts } from '../../items/lost-parts.ts';
import { findStoredEmbeddings } from '../../items/stored-embeddings.ts';
import { unsettledBatches, updateBatches } from '../rows/job-batches.ts';
import { findUnits, type Unit } from '../rows/job-units.ts';
import type { Job } from '../rows/jobs.ts';
import { updateLedger } from '../rows/ledger.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { hashesOf, readPlanBatch } from './plan-batch.ts';
import type { Step } from './step.ts';
import { writeBuildPage } from './write-build-page.ts';

/** How many batches one step settles: the consumer of a queue has limited time. */
export const settledAtOnce = 20;

/** Settle some batches. All batches must be encoded, because one may need what another one encoded. */
export const settle: Step<'building'> = async (work, job) => {
  const open = await unsettledBatches(work.catalogue, job.id, settledAtOnce);
  for (const { batch } of open) await settleBatch(work, job, batch);
  return open.length > 0 ? 'again' : { to: 'building' };
};

/**
 * Write the results of a batch's items to the ledger, and write a page for the builder with the items
 * that have an embedding. A caption without an embedding is left out, as in `diptych encode`.
 */
async function settleBatch(
  stores: Stores,
  { id: jobId, modelHash }: Pick<Job, 'id' | 'modelHash'>,
  batch: number,
): Promise<void> {
  const { catalogue, objects } = stores;
  const { items } = await readPlanBatch(objects, jobId, batch);
  const shown = items.filter(({ image }) => image !== null);
  const hashes = hashesOf(items);
  const units = await findUnits(catalogue, jobId, { image: hashes.image });
  const places = await findStoredEmbeddings(stores, modelHash, hashes);
  const images = shown.map(({ image }) => image!);
  // The images are looked for once more, because encoding may have taken long and the builder reads
  // them: one that is lost by now fails its item and not the version.
  const lost = await lostParts(objects, images, imagePart);
  const outcomes = shown.map(({ id }, i) => ({
    itemId: id,
    ...(lost.has(images[i]!)
      ? imageMissing(lostFrom(images[i]!))
      : outcomeOf(places.image.get(images[i]!.hash), units.image.get(images[i]!.hash))),
  }));
  const there = shown.filter((_, i) => !lost.has(images[i]!));
  await writeBuildPage(objects, jobId, batch, there, places);
  await catalogue.atomically([
    ...updateLedger(catalogue, jobId, outcomes),
    ...updateBatches(catalogue, jobId, [batch], ['done', 'dead'], 'settled'),
  ]);
}

function outcomeOf(place: EmbeddingPlace | undefined, unit: Unit | undefined) {
  if (place) return { state: unit ? ('encoded' as const) : ('reused' as const) };
  return {
    state: 'failed' as const,
    code: unit?.code ?? 'batch_failed',
    reason: unit?.reason ?? 'its batch could not be encoded',
  };
}
