import type { VectorKind } from '../../../src/version/keys.ts';
import type { Manifest } from '../../../src/version/manifest.ts';
import { DiptychError } from '../../../src/errors.ts';
import { limitError } from '../../../src/vectorize/limit-error.ts';
import { vectorizeLimits } from '../../../src/vectorize/limits.ts';
import { vectorNames, type VectorNames } from '../../../src/vectorize/vector-names.ts';
import { realClock, type Clock } from '../../common/clock.ts';
import { retryService } from '../../common/retry-service.ts';
import type { VectorizeUploader } from './vectorize-uploader.ts';
import { waitUntilProcessed } from './wait-until-processed.ts';

/** Vectors of a version, by kind: [count, embedDim], L2-normalised. */
export type VectorsByKind = Readonly<Record<VectorKind, Float32Array>>;

export interface TransferOptions {
  readonly onProgress?: (done: number, total: number) => void;
  readonly clock?: Clock;
  /** Longest time for Vectorize to process the vectors, milliseconds. */
  readonly deadlineMs?: number;
}

interface UploadBatch {
  readonly names: VectorNames;
  readonly kind: VectorKind;
  readonly from: number;
  readonly to: number;
}

/**
 * Put the vectors of a version into Vectorize and wait until they can be found. Batches that have
 * arrived are not sent again, so an interrupted upload continues. A failed batch is sent again, which
 * is harmless if it did arrive.
 *
 * @returns number of vectors that were sent
 * @throws DiptychError vectorize_limit, vectorize_failed, invalid_option (an index of another shape)
 */
export async function uploadVectors(
  index: VectorizeUploader,
  manifest: Manifest,
  vectors: VectorsByKind,
  { onProgress = () => {}, clock = realClock, deadlineMs }: TransferOptions = {},
): Promise<number> {
  const dim = manifest.model.embedDim;
  const batches = batchesOf(manifest);
  await checkIndex(index, dim, clock);
  const missing = await missingBatches(index, batches, clock);
  const total = sizeOf(missing);
  await checkRoom(index, total, clock);
  let done = 0;
  let last: { mutationId: string; batch: UploadBatch } | undefined;
  for (const batch of missing) {
    const rows = toUpload(batch, vectors[batch.kind], dim);
    const { mutationId } = await retryService(clock, () => index.upsert(rows));
    last = { mutationId, batch };
    done += rows.length;
    onProgress(done, total);
  }
  if (last) {
    const { mutationId, batch } = last;
    const isThere = async () => (await missingBatches(index, [batch], clock)).length === 0;
    await waitUntilProcessed(index, mutationId, isThere, clock, deadlineMs);
  }
  return total;
}

/** Split both kinds into batches that Vectorize accepts, images first. */
function batchesOf(manifest: Manifest): UploadBatch[] {
  const size = vectorizeLimits.upsertBatch;
  return (['image', 'caption'] as const).flatMap((kind) => {
    const { count } = manifest[kind];
    const names = vectorNames(manifest.version, kind, count);
    return Array.from({ length: Math.ceil(count / size) }, (_, i) => ({
      ...{ names, kind, from: i * size, to: Math.min(count, (i + 1) * size) },
    }));
  });
}

function toUpload({ names, from, to }: UploadBatch, vectors: Float32Array, dim: number) {
  return Array.from({ length: to - from }, (_, i) => {
    const row = vectors.subarray((from + i) * dim, (from + i + 1) * dim);
    // Nine digits determine a float32; printed as float64, it would be twice as long.
    const values = Array.from(row, (x) => Number(x.toPrecision(9)));
    return { id: names.id(from + i), namespace: names.namespace, values };
  });
}

/** Find batches that are not there. A batch arrives as a whole, so its last vector tells. */
async function missingBatches(
  index: VectorizeUploader,
  batches: readonly UploadBatch[],
  clock: Clock,
): Promise<UploadBatch[]> {
  const lastId = ({ names, to }: UploadBatch) => names.id(to - 1);
  const missing: UploadBatch[] = [];
  for (let from = 0; from < batches.length; from += vectorizeLimits.getBatch) {
    const some = batches.slice(from, from + vectorizeLimits.getBatch);
    const found = await retryService(clock, () => index.getByIds(some.map(lastId)));
    const ids = new Set(found.map(({ id }) => id));
    missing.push(...some.filter((batch) => !ids.has(lastId(batch))));
  }
  return missing;
}

async function checkIndex(index: VectorizeUploader, dim: number, clock: Clock): Promise<void> {
  if (dim > vectorizeLimits.dimensions) {
    throw limitError('dimensions', vectorizeLimits.dimensions, dim);
  }
  const { dimensions, metric } = await retryService(clock, () => index.describe());
  if (dimensions === dim && metric === 'cosine') return;
  throw new DiptychError(
    'invalid_option',
    `Vectorize index ${index.name}: expected ${dim} dimensions, metric cosine, got ${dimensions}, ${metric}`,
  );
}

async function checkRoom(index: VectorizeUploader, added: number, clock: Clock): Promise<void> {
  const { vectorCount } = await retryService(clock, () => index.info());
  const { vectorsPerIndex } = vectorizeLimits;
  if (vectorCount + added > vectorsPerIndex) {
    throw limitError(`vectors of index ${index.name}`, vectorsPerIndex, vectorCount + added);
  }
}

function sizeOf(batches: readonly UploadBatch[]): number {
  return batches.reduce((sum, { from, to }) => sum + to - from, 0);
}
