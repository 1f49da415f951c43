import pMap from 'p-map';
import { DiptychError } from '../../../src/errors.ts';
import type { ObjectStore } from '../../../src/objects/object-store.ts';
import type { EmbeddingPlace } from '../../../src/jobs/steps/build-page.ts';
import { embeddingPackKey } from '../../../src/version/keys.ts';
import { sha256Hex } from '../../common/sha256-hex.ts';
import { findNotUnit } from '../../embed/unit-rows.ts';

/** Number of packs in memory at a time; each is read once. */
const concurrency = 4;

/** A row of a pack, and the row of the result that it is copied to. */
interface Copy {
  readonly row: number;
  readonly into: number;
}

/**
 * Gather embeddings from the packs that they are in.
 *
 * @param places - [n]
 * @returns [n, embedDim], L2-normalised
 * @throws DiptychError index_unreadable: a pack is missing or damaged, or does not have a row
 */
export async function gatherEmbeddings(
  objects: ObjectStore,
  model: { readonly hash: string; readonly embedDim: number },
  places: readonly EmbeddingPlace[],
  signal?: AbortSignal,
): Promise<Float32Array> {
  const rows = new Float32Array(places.length * model.embedDim);
  const packs = new Map<string, Copy[]>();
  for (const [into, { pack, row }] of places.entries()) {
    const copies = packs.get(pack);
    if (copies) copies.push({ row, into });
    else packs.set(pack, [{ row, into }]);
  }
  await pMap(
    packs,
    async ([pack, copies]) => {
      const key = embeddingPackKey(model.hash, pack);
      copyRows(key, await readPack(objects, key, pack), copies, rows, model.embedDim);
    },
    { concurrency, signal },
  );
  const wrong = findNotUnit(rows, model.embedDim);
  if (!wrong) return rows;
  const { pack, row } = places[wrong.row];
  throw unreadable(
    embeddingPackKey(model.hash, pack),
    `row ${row}: expected length 1, got ${wrong.length}`,
  );
}

async function readPack(objects: ObjectStore, key: string, pack: string): Promise<Uint8Array> {
  const bytes = await objects.get(key);
  if (!bytes) throw unreadable(key, 'expected a pack of embeddings, got none');
  const got = sha256Hex(bytes);
  if (got === pack) return bytes;
  throw unreadable(key, `expected SHA-256 ${pack}, got ${got}`);
}

function copyRows(
  key: string,
  bytes: Uint8Array,
  copies: readonly Copy[],
  rows: Float32Array,
  dim: number,
): void {
  const rowBytes = 4 * dim;
  const target = new Uint8Array(rows.buffer);
  for (const { row, into } of copies) {
    const end = (row + 1) * rowBytes;
    if (end > bytes.length) {
      throw unreadable(key, `expected row ${row} of ${dim} floats, got ${bytes.length} bytes`);
    }
    target.set(bytes.subarray(end - rowBytes, end), into * rowBytes);
  }
}

function unreadable(key: string, what: string): DiptychError {
  return new DiptychError('index_unreadable', `${key}: ${what}`, { key });
}
