import { sha256 } from '../../version/sha256.ts';
import { insertEmbeddings, type EmbeddingPlace } from '../../items/embeddings.ts';
import { imageMissing, imagePart, lostFrom, lostParts } from '../../items/lost-parts.ts';
import { findStoredEmbeddings } from '../../items/stored-embeddings.ts';
import { updateBatches } from '../rows/job-batches.ts';
import { findUnits, updateUnits, type Unit } from '../rows/job-units.ts';
import type { Job } from '../rows/jobs.ts';
import type { Stores } from '../../catalogue/stores.ts';
import { embeddingKinds, type EmbeddingKind } from '../../catalogue/schema/tables.ts';
import type { EncodeAnswer } from '../../embedder/embedder.ts';
import { DiptychError } from '../../errors.ts';
import { embeddingPackKey, imagePackKey } from '../../version/keys.ts';
import { readSlices } from '../../objects/read-slices.ts';
import { hashesOf, readPlanBatch, type BatchItem, type PlanBatch } from './plan-batch.ts';
import type { JobWork } from './step.ts';

type EncodeWork = Stores & Pick<JobWork, 'embedder' | 'signal'>;

/**
 * Encode the images and texts that a batch of a job needs, and note where the embeddings are. What
 * exists already stays as it is, so the result is the same if this runs twice, late or after an
 * interruption.
 *
 * @throws DiptychError embedder_unavailable, catalogue_unavailable - another try may succeed
 * @throws DiptychError model_mismatch - the embedder has another model than the job
 */
export async function encodeBatch(
  work: EncodeWork,
  { id: jobId, modelHash }: Pick<Job, 'id' | 'modelHash'>,
  batch: number,
): Promise<void> {
  const { catalogue, objects } = work;
  const plan = await readPlanBatch(objects, jobId, batch);
  const pending = await pendingUnits(work, jobId, batch, plan);
  const missing = await withoutEmbedding(work, modelHash, pending);
  for (const asked of partsOf(plan, missing)) {
    const { part, bytes, lost } = await readPart(work, asked);
    if (lost.length > 0) await catalogue.atomically(updateUnits(catalogue, jobId, lost));
    if (part.images.length + part.texts.length === 0) continue;
    const answer = await encodePart(work, part, bytes);
    if (answer.model.hash !== modelHash) {
      throw new DiptychError(
        'model_mismatch',
        `batch ${batch} of job ${jobId}: expected an embedder with model ${modelHash}, got ${answer.model.hash}`,
      );
    }
    const places = await keepEmbeddings(work, modelHash, part, answer);
    await catalogue.atomically([
      ...insertEmbeddings(catalogue, modelHash, places),
      ...updateUnits(catalogue, jobId, failedUnits(part, answer)),
    ]);
  }
  // The first result counts, so the units that failed above stay failed.
  const done = pending.map(({ kind, hash }) => ({ kind, hash, state: 'done' as const }));
  await catalogue.atomically([
    ...updateUnits(catalogue, jobId, done),
    ...updateBatches(catalogue, jobId, [batch], ['pending', 'sent', 'dead'], 'done'),
  ]);
}

/** What one request to an embedder holds. */
interface Part {
  readonly images: readonly NonNullable<BatchItem['image']>[];
  readonly texts: readonly { readonly hash: string; readonly text: string }[];
}

/**
 * Limits of one request. An isolate holds several requests at a time, each of them twice: as images and
 * as the body that is sent.
 */
const partLimits = { imageBytes: 8 * 1024 * 1024, texts: 1024 } as const;

/** Find the units that a batch has claimed and not yet finished. */
async function pendingUnits(
  { catalogue }: Stores,
  jobId: string,
  batch: number,
  { items }: PlanBatch,
): Promise<Unit[]> {
  const hashes = hashesOf(items);
  const units = await findUnits(catalogue, jobId, hashes);
  return embeddingKinds
    .flatMap((kind) => hashes[kind].flatMap((hash) => units[kind].get(hash) ?? []))
    .filter((unit) => unit.batch === batch && unit.state === 'pending');
}

async function withoutEmbedding(
  stores: Stores,
  modelHash: string,
  units: readonly Unit[],
): Promise<Unit[]> {
  const hashes = (wanted: EmbeddingKind) =>
    units.flatMap(({ kind, hash }) => (kind === wanted ? hash : []));
  const known = await findStoredEmbeddings(stores, modelHash, {
    image: hashes('image'),
    text: hashes('text'),
  });
  return units.filter(({ kind, hash }) => !known[kind].has(hash));
}

/** Find the images and texts of units among the items of their batch, in parts of limited size. */
function partsOf({ items }: PlanBatch, units: readonly Unit[]): Part[] {
  const places = new Map(items.flatMap(({ image }) => (image ? [[image.hash, image]] : [])));
  const words = new Map(
    items.flatMap(({ captions }) => captions.map(({ text, textHash }) => [textHash, text])),
  );
  const hashesOf = (wanted: EmbeddingKind) =>
    units.flatMap(({ kind, hash }) => (kind === wanted ? hash : []));
  const images = byBytes(hashesOf('image').map((hash) => places.get(hash)!));
  const texts = inSlices(hashesOf('text').map((hash) => ({ hash, text: words.get(hash)! })));
  return Array.from({ length: Math.max(images.length, texts.length) }, (_, i) => ({
    images: images[i] ?? [],
    texts: texts[i] ?? [],
  }));
}

function byBytes(images: Part['images']): Part['images'][] {
  const parts: Part['images'][number][][] = [];
  let room = 0;
  for (const image of images) {
    const last = parts.at(-1);
    if (last && image.byteLength <= room) last.push(image);
    else parts.push([image]);
    room = (last && last === parts.at(-1) ? room : partLimits.imageBytes) - image.byteLength;
  }
  return parts;
}

function inSlices(texts: Part['texts']): Part['texts'][] {
  const count = Math.ceil(texts.length / partLimits.texts);
  return Array.from({ length: count }, (_, i) =>
    texts.slice(i * partLimits.texts, (i + 1) * partLimits.texts),
  );
}

/**
 * Read the images of a part. An image that is gone, or that is no longer what it was when it was taken
 * in, fails alone.
 */
async function readPart({ objects }: EncodeWork, { images, texts }: Part) {
  const gone = await lostParts(objects, images, imagePart);
  const there = images.filter((image) => !gone.has(image));
  const read = await readSlices(objects, there);
  const hashes = await Promise.all(read.map((one) => sha256(new Uint8Array(one))));
  const isGood = there.map(({ hash }, i) => hashes[i] === hash);
  const lost = [
    ...[...gone].map((image) => lostUnit(image.hash, lostFrom(image))),
    ...there.flatMap(({ hash, pack }, i) =>
      isGood[i]
        ? []
        : lostUnit(
            hash,
            `${imagePackKey(pack)}: expected an image with SHA-256 ${hash}, got ${hashes[i]}: run "diptych verify --repair", then ingest it again`,
          ),
    ),
  ];
  const part: Part = { images: there.filter((_, i) => isGood[i]), texts };
  return { part, bytes: read.filter((_, i) => isGood[i]), lost };
}

function lostUnit(hash: string, reason: string) {
  return { kind: 'image' as const, hash, ...imageMissing(reason) };
}

async function encodePart(
  { embedder, signal }: EncodeWork,
  { images, texts }: Part,
  bytes: readonly Uint8Array[],
): Promise<EncodeAnswer> {
  return embedder.encode(
    images.map(({ type }, i) => ({ type, bytes: bytes[i]! })),
    texts.map(({ text }) => text),
    signal,
  );
}

function failedUnits({ images, texts }: Part, { failed }: EncodeAnswer) {
  return failed.map(({ kind, index, code, message }) => ({
    kind,
    hash: (kind === 'image' ? images : texts)[index]!.hash,
    state: 'failed' as const,
    code,
    reason: message,
  }));
}

/** Write the rows that were encoded into one pack. @returns where each of them is */
async function keepEmbeddings(
  { objects }: Stores,
  modelHash: string,
  { images, texts }: Part,
  { embeddings, failed, model }: EncodeAnswer,
): Promise<EmbeddingPlace[]> {
  const { embedDim } = model;
  const isFailed = new Set(failed.map(({ kind, index }) => `${kind}:${index}`));
  const all = [
    ...images.map(({ hash }, i) => ({ kind: 'image' as const, hash, name: `image:${i}` })),
    ...texts.map(({ hash }, i) => ({ kind: 'text' as const, hash, name: `text:${i}` })),
  ];
  const kept = all.flatMap((one, row) => (isFailed.has(one.name) ? [] : { ...one, row }));
  if (kept.length === 0) return [];
  const rows = new Float32Array(kept.length * embedDim);
  kept.forEach(({ row }, i) => {
    rows.set(embeddings.subarray(row * embedDim, (row + 1) * embedDim), i * embedDim);
  });
  const bytes = new Uint8Array(rows.buffer);
  const pack = await sha256(bytes);
  await objects.put(embeddingPackKey(modelHash, pack), bytes);
  return kept.map(({ kind, hash }, rowIndex) => ({ kind, hash, pack, rowIndex }));
}
