import type { ByKind } from '../../items/by-kind.ts';
import type { EmbeddingPlace } from '../../items/embeddings.ts';
import { findImages } from '../../items/images.ts';
import { listItems } from '../../items/items.ts';
import { imageMissing, imagePart, lostFrom, lostParts } from '../../items/lost-parts.ts';
import { findStoredEmbeddings } from '../../items/stored-embeddings.ts';
import { insertBatch } from '../rows/job-batches.ts';
import { insertUnits, type UnitKey } from '../rows/job-units.ts';
import { updatePlanCursor, type Job } from '../rows/jobs.ts';
import { insertLedger, type NewLedgerEntry } from '../rows/ledger.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { embeddingKinds, type ImageRow, type LedgerState } from '../../catalogue/schema/tables.ts';
import { toIndexedFields, type CatalogueItem } from '../../items/item.ts';
import { putJson } from '../../objects/put-json.ts';
import { notePointer } from './job-pointer.ts';
import { hashesOf, readPlanBatch, type BatchItem } from './plan-batch.ts';
import { planBatchKey } from '../../version/keys.ts';
import type { Step } from './step.ts';
import { writeBuildPage } from './write-build-page.ts';

/** How many items a batch has: as many as one request to an embedder holds. */
export const batchItems = 256;

/** How many batches one step plans: the consumer of a queue has limited time. */
export const plannedAtOnce = 4;

/** Plan some batches. They can be encoded while the next ones are planned. */
export const plan: Step<'encoding'> = async (work, job) => {
  // The first batch is planned alone, because an embedder waits for it.
  const count = job.batches === 0 ? 1 : plannedAtOnce;
  let planned: Job | undefined = job;
  for (let i = 0; i < count && planned; i++) planned = await planNextBatch(work, planned);
  return planned ? 'again' : { to: 'encoding' };
};

/**
 * Plan the next batch of a job: the items after the last planned one, as they are now. Only the first
 * plan of a batch is kept. If this runs again after an interruption, or in two processes at once, it
 * therefore plans the same batch, even if items have changed since.
 *
 * @returns the job after this batch, or undefined if nothing was left to plan
 */
export async function planNextBatch(stores: Stores, job: Job): Promise<Job | undefined> {
  const { catalogue, objects } = stores;
  const { id: jobId, collection, modelHash, planCursor, batches: batch } = job;
  if (planCursor === null) await notePointer(objects, job);
  const page = await listItems(catalogue, {
    collection,
    after: planCursor ?? undefined,
    limit: batchItems,
  });
  if (page.items.length === 0) return undefined;
  const images = await findImages(
    catalogue,
    page.items.flatMap(({ imageHash }) => imageHash ?? []),
  );
  const lost = await lostParts(objects, [...images.values()], imagePart);
  const plan = { items: page.items.map((item) => toBatchItem(item, images, lost)) };
  const isFirst = await putJson(objects, planBatchKey(jobId, batch), plan, { ifNone: true });
  const { items } = isFirst ? plan : await readPlanBatch(objects, jobId, batch);
  const places = await findStoredEmbeddings(stores, modelHash, hashesOf(items));
  const missing = missingUnits(items, places);
  const isSettled = missing.length === 0;
  if (isSettled) await writeBuildPage(objects, jobId, batch, items, places);
  const entries = items.map((item) => toLedgerEntry(item, isSettled ? 'reused' : 'pending'));
  const last = items.at(-1)!.id;
  // Existing rows stay: one of two planners may know embeddings that the other does not.
  await catalogue.atomically([
    ...insertLedger(catalogue, jobId, batch, entries),
    ...insertUnits(catalogue, jobId, batch, missing),
    ...insertBatch(catalogue, jobId, batch, isSettled ? 'settled' : 'pending'),
    updatePlanCursor(catalogue, jobId, last, batch + 1),
  ]);
  return { ...job, planCursor: last, batches: batch + 1 };
}

function toBatchItem(
  item: CatalogueItem,
  images: ReadonlyMap<string, ImageRow>,
  lostRows: ReadonlySet<ImageRow>,
): BatchItem {
  const place = images.get(item.imageHash ?? '');
  const lost = whyLost(item, place, lostRows);
  return {
    ...toIndexedFields(item),
    ...(lost !== undefined && { lost }),
    image:
      place && lost === undefined
        ? {
            hash: place.hash,
            pack: place.pack,
            byteOffset: place.byteOffset,
            byteLength: place.byteLength,
            type: place.type,
          }
        : null,
    captions: item.captions.map(({ text, textHash }) => ({ text, textHash })),
  };
}

/** The code of items that are skipped because they have no image. */
export const noImage = 'no_image';

function whyLost(
  { imageHash }: CatalogueItem,
  place: ImageRow | undefined,
  lostRows: ReadonlySet<ImageRow>,
): string | undefined {
  if (imageHash === null || (place && !lostRows.has(place))) return undefined;
  return place ? lostFrom(place) : `its image ${imageHash} is in no pack: ingest it again`;
}

function toLedgerEntry({ id, image, lost }: BatchItem, state: LedgerState): NewLedgerEntry {
  if (lost !== undefined) return { itemId: id, ...imageMissing(lost) };
  if (image) return { itemId: id, imageHash: image.hash, state };
  return { itemId: id, state: 'skipped', code: noImage, reason: 'the item has no image' };
}

/** Images and texts that have no embedding of the model yet. */
function missingUnits(items: readonly BatchItem[], known: ByKind<EmbeddingPlace>): UnitKey[] {
  const hashes = hashesOf(items);
  return embeddingKinds.flatMap((kind) =>
    hashes[kind].flatMap((hash) => (known[kind].has(hash) ? [] : { kind, hash })),
  );
}
