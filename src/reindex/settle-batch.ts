import type { ByKind } from '../catalogue/by-kind.ts';
import { findEmbeddings, type EmbeddingPlace } from '../catalogue/embeddings.ts';
import { updateBatches } from '../catalogue/job-batches.ts';
import { findUnits, type Unit } from '../catalogue/job-units.ts';
import type { Job } from '../catalogue/jobs.ts';
import { updateLedger } from '../catalogue/ledger.ts';
import { putJson } from '../objects/put-json.ts';
import { buildPageKey, type BuildPage, type PlannedItem } from './build-page.ts';
import { hashesOf, readPlanBatch, type BatchItem } from './plan-batch.ts';
import type { JobStores } from './plan-job.ts';

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

/** Write down for the builder those of some items that have an embedding. */
export async function writeBuildPage(
  objects: JobStores['objects'],
  jobId: string,
  batch: number,
  items: readonly BatchItem[],
  { image: images, text: texts }: ByKind<EmbeddingPlace>,
): Promise<void> {
  const page: BuildPage = {
    items: items.flatMap((item) => {
      const place = item.image && images.get(item.image.hash);
      return place ? toPlannedItem(item, place, texts) : [];
    }),
  };
  await putJson(objects, buildPageKey(jobId, batch), page);
}

function outcomeOf(place: EmbeddingPlace | undefined, unit: Unit | undefined) {
  if (place) return { state: unit ? ('encoded' as const) : ('reused' as const) };
  return {
    state: 'failed' as const,
    code: unit?.code ?? 'batch_failed',
    reason: unit?.reason ?? 'its batch could not be encoded',
  };
}

function toPlannedItem(
  { id, title, set, label, tags, image, captions }: BatchItem,
  place: EmbeddingPlace,
  embedded: ReadonlyMap<string, EmbeddingPlace>,
): PlannedItem {
  const { pack, byteOffset, byteLength, type } = image!;
  return {
    id,
    title,
    ...(set !== undefined && { set }),
    ...(label !== undefined && { label }),
    tags,
    image: { pack, byteOffset, byteLength, type },
    embedding: { pack: place.pack, row: place.rowIndex },
    captions: captions.flatMap(({ text, textHash }) => {
      const found = embedded.get(textHash);
      return found ? { text, embedding: { pack: found.pack, row: found.rowIndex } } : [];
    }),
  };
}
