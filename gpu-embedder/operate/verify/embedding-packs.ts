import { createHash } from 'node:crypto';
import { removeEmbeddingsOfPack, rowsOfPack } from '../../../src/items/embeddings.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { embeddingPackKey } from '../../../src/version/keys.ts';
import { findNotUnit } from '../../embed/unit-rows.ts';
import { openPack } from './open-pack.ts';

export interface EmbeddingPackState {
  readonly key: string;
  /** Bytes that were read. */
  readonly read: number;
  /** How many rows of the catalogue are in it. */
  readonly rows: number;
  readonly wrong: {
    readonly kind: 'embeddings_missing' | 'embeddings_damaged';
    readonly expected: string;
    readonly got: string;
  } | null;
}

/** Check a pack of embeddings. @param dim - floats of a row; null where nobody knows */
export async function inspectEmbeddingPack(
  { catalogue, objects }: Stores,
  modelHash: string,
  pack: string,
  { dim, quick }: { readonly dim: number | null; readonly quick: boolean },
): Promise<EmbeddingPackState> {
  const key = embeddingPackKey(modelHash, pack);
  const named = await rowsOfPack(catalogue, modelHash, pack);
  const file = await openPack(objects, key);
  const state = (read: number, wrong: EmbeddingPackState['wrong']) => ({
    ...{ key, read, wrong, rows: named.length },
  });
  if (file.size < 0 || !file.chunks) {
    const expected = 'a pack of embeddings';
    return state(0, { kind: 'embeddings_missing', expected, got: 'no such object' });
  }
  const damaged = (read: number, expected: string, got: string) =>
    state(read, { kind: 'embeddings_damaged', expected, got });
  const count = Math.max(0, ...named.map(({ rowIndex }) => rowIndex + 1));
  const least = 4 * (dim ?? 1) * count;
  if (file.size < least) return damaged(0, `${count} rows, ${least} bytes`, `${file.size} bytes`);
  if (quick) return state(0, null);
  const parts: Uint8Array[] = [];
  for await (const chunk of file.chunks) {
    if (typeof chunk === 'string') return damaged(0, `${file.size} bytes`, chunk);
    parts.push(chunk);
  }
  const bytes = Buffer.concat(parts);
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got !== pack) return damaged(bytes.length, `SHA-256 ${pack}`, got);
  const fault = badRow(bytes, dim);
  return fault ? damaged(bytes.length, ...fault) : state(bytes.length, null);
}

/** Find a row that stands for nothing. */
function badRow(bytes: Buffer, dim: number | null): [expected: string, got: string] | null {
  const floats = new Float32Array(bytes.length >> 2);
  new Uint8Array(floats.buffer).set(bytes.subarray(0, floats.byteLength));
  const wrong = dim === null ? null : findNotUnit(floats, dim);
  if (wrong) return [`length 1 of row ${wrong.row}`, String(wrong.length)];
  const at = floats.findIndex((float) => !Number.isFinite(float));
  return at < 0 ? null : ['finite numbers', `${floats[at]} at float ${at}`];
}

/**
 * Forget the embeddings of a pack that is gone or damaged, so that the next job encodes them again. The
 * pack is looked at once more before, because somebody may have written it again since.
 */
export async function repairEmbeddingPack(
  stores: Stores,
  modelHash: string,
  pack: string,
  options: { readonly dim: number | null; readonly quick: boolean },
): Promise<void> {
  const { wrong } = await inspectEmbeddingPack(stores, modelHash, pack, options);
  if (wrong) await removeEmbeddingsOfPack(stores.catalogue, modelHash, pack);
}
