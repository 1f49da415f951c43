import { sha256 } from '../artifact/sha256.ts';
import { addEmbeddings, findEmbeddings } from '../catalogue/embeddings.ts';
import { markBatch } from '../catalogue/job-batches.ts';
import { markUnits, unitsOfBatch, type Unit } from '../catalogue/job-units.ts';
import type { Job } from '../catalogue/jobs.ts';
import type { EmbeddingKind } from '../catalogue/tables.ts';
import type { Embedder, EncodeAnswer } from '../embedder/embedder.ts';
import { DiptychError } from '../errors.ts';
import { embeddingPackKey } from '../objects/pack-keys.ts';
import { readPlanBatch, type BatchItem, type PlanBatch } from './plan-batch.ts';
import type { JobStores } from './plan-job.ts';
import { readSlices } from './read-images.ts';

/**
 * Encode what a batch of a job needs, and note it. Whatever is there already is left as it is: run
 * twice, late or after it broke off, it comes to the same.
 *
 * @throws DiptychError embedder_unavailable, catalogue_unavailable: worth another try;
 *   model_mismatch where the embedder has another model than the job
 */
export async function encodeBatch(
  stores: JobStores,
  embedder: Embedder,
  { id: jobId, modelHash }: Pick<Job, 'id' | 'modelHash'>,
  batch: number,
  signal?: AbortSignal,
): Promise<void> {
  const { catalogue, objects } = stores;
  const pending = await unitsOfBatch(catalogue, jobId, batch, ['pending']);
  const missing = await withoutEmbedding(stores, modelHash, pending);
  const plan = await readPlanBatch(objects, jobId, batch);
  for (const part of partsOf(plan, missing)) {
    const answer = await encodePart(stores, embedder, part, signal);
    if (answer.model.hash !== modelHash) {
      throw new DiptychError(
        'model_mismatch',
        `batch ${batch} of job ${jobId}: expected an embedder with model ${modelHash}, got ${answer.model.hash}`,
      );
    }
    await keepEmbeddings(stores, modelHash, part, answer);
    await markUnits(
      catalogue,
      jobId,
      answer.failed.map(({ kind, index, code, message }) => ({
        kind,
        hash: (kind === 'image' ? part.images : part.texts)[index].hash,
        state: 'failed' as const,
        code,
        reason: message,
      })),
    );
  }
  // The first word counts: those that failed stay failed.
  await markUnits(
    catalogue,
    jobId,
    pending.map(({ kind, hash }) => ({ kind, hash, state: 'done' as const })),
  );
  await markBatch(catalogue, jobId, batch, ['pending', 'sent', 'dead'], 'done');
}

/** What one request to an embedder holds. */
interface Part {
  readonly images: readonly NonNullable<BatchItem['image']>[];
  readonly texts: readonly { readonly hash: string; readonly text: string }[];
}

/** Of a request: an isolate holds some of them at a time, as images and as the body that is sent. */
const partLimits = { imageBytes: 8 * 1024 * 1024, texts: 1024 } as const;

async function withoutEmbedding(
  { catalogue }: JobStores,
  modelHash: string,
  units: readonly Unit[],
): Promise<Unit[]> {
  const left: Unit[] = [];
  for (const kind of ['image', 'text'] as const) {
    const ofKind = units.filter((unit) => unit.kind === kind);
    const known = await findEmbeddings(
      catalogue,
      modelHash,
      kind,
      ofKind.map(({ hash }) => hash),
    );
    left.push(...ofKind.filter(({ hash }) => !known.has(hash)));
  }
  return left;
}

/** Find what is behind units among the items of their batch, in parts of bounded size. */
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

async function encodePart(
  { objects }: JobStores,
  embedder: Embedder,
  { images, texts }: Part,
  signal?: AbortSignal,
): Promise<EncodeAnswer> {
  const bytes = await readSlices(objects, images);
  return embedder.encode(
    images.map(({ type }, i) => ({ type, bytes: bytes[i] })),
    texts.map(({ text }) => text),
    signal,
  );
}

/** Write the rows that were encoded into one pack, and say where each is. */
async function keepEmbeddings(
  { catalogue, objects }: JobStores,
  modelHash: string,
  { images, texts }: Part,
  { embeddings, failed, model }: EncodeAnswer,
): Promise<void> {
  const { embedDim } = model;
  const isFailed = new Set(failed.map(({ kind, index }) => `${kind}:${index}`));
  const all = [
    ...images.map(({ hash }, i) => ({ kind: 'image' as const, hash, name: `image:${i}` })),
    ...texts.map(({ hash }, i) => ({ kind: 'text' as const, hash, name: `text:${i}` })),
  ];
  const kept = all.flatMap((one, row) => (isFailed.has(one.name) ? [] : { ...one, row }));
  if (kept.length === 0) return;
  const rows = new Float32Array(kept.length * embedDim);
  kept.forEach(({ row }, i) => {
    rows.set(embeddings.subarray(row * embedDim, (row + 1) * embedDim), i * embedDim);
  });
  const bytes = new Uint8Array(rows.buffer);
  const pack = await sha256(bytes);
  await objects.put(embeddingPackKey(modelHash, pack), bytes);
  for (const kind of ['image', 'text'] as const) {
    const places = kept.flatMap((one, rowIndex) =>
      one.kind === kind ? { hash: one.hash, pack, rowIndex } : [],
    );
    await addEmbeddings(catalogue, modelHash, kind, places);
  }
}
