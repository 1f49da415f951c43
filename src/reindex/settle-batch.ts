import { findEmbeddings, type EmbeddingPlace } from '../catalogue/embeddings.ts';
import { updateBatches } from '../catalogue/job-batches.ts';
import { findUnits, type Unit } from '../catalogue/job-units.ts';
import type { Job } from '../catalogue/jobs.ts';
import { updateLedger } from '../catalogue/ledger.ts';
import { hashesOf, readPlanBatch } from './plan-batch.ts';
import type { JobStores } from './plan-job.ts';
import { writeBuildPage } from './write-build-page.ts';

/**
 * Say in the ledger what became of the items of a batch, and write down for the builder those that
 * have an embedding. To be called when no batch is left to encode: a batch may need what another one
 * encoded. A caption without an embedding is left out, as `encode` does.
 */
export async function settleBatch(
  { catalogue, objects }: JobStores,
  { id: jobId, modelHash }: Pick<Job, 'id' | 'modelHash'>,
  batch: number,
): Promise<void> {
  const { items } = await readPlanBatch(objects, jobId, batch);
  const shown = items.filter(({ image }) => image !== null);
  const hashes = hashesOf(items);
  const units = await findUnits(catalogue, jobId, { image: hashes.image });
  const places = await findEmbeddings(catalogue, modelHash, hashes);
  const outcomes = shown.map(({ id, image }) => ({
    itemId: id,
    ...outcomeOf(places.image.get(image!.hash), units.image.get(image!.hash)),
  }));
  await writeBuildPage(objects, jobId, batch, shown, places);
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
