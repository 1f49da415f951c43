import { createHash, type Hash } from 'node:crypto';
import { among } from '../../../src/catalogue/among.ts';
import { chunks } from '../../../src/catalogue/chunks.ts';
import type { ImageRow } from '../../../src/catalogue/schema/tables.ts';
import type { Stores } from '../../../src/catalogue/stores.ts';
import { imagesOfPack } from '../../../src/items/images.ts';
import { repackImages } from '../../../src/items/ingest/repack-images.ts';
import { imagePackKey } from '../../../src/version/keys.ts';
import { openPack, type PackBytes } from './open-pack.ts';

/** What is wrong with an image: the bytes that its row names are gone, or are other bytes. */
export interface BadImage {
  readonly kind: 'image_missing' | 'image_damaged';
  readonly expected: string;
  readonly got: string;
}

export interface ImagePackState {
  readonly key: string;
  /** Bytes that were read. */
  readonly read: number;
  readonly rows: readonly ImageRow[];
  /** By the hash of the image. */
  readonly bad: ReadonlyMap<string, BadImage>;
  /** The SHA-256 of the pack where it is not its name; the damage may be in bytes that no row names. */
  readonly otherHash: string | null;
}

/**
 * Check a pack and every image that the catalogue says is in it. The pack is read in chunks; with
 * `quick` it is not read, and only sizes are compared.
 */
export async function inspectImagePack(
  { catalogue, objects }: Stores,
  pack: string,
  quick: boolean,
): Promise<ImagePackState> {
  const key = imagePackKey(pack);
  const rows = await imagesOfPack(catalogue, pack);
  const file = await openPack(objects, key);
  const hashes = quick || !file.chunks ? null : await hashSlices(file.chunks, rows);
  // A pack whose bytes cannot be read has none, whatever its size is said to be.
  const size = hashes?.broken ? 0 : file.size;
  const bad = new Map<string, BadImage>();
  for (const [i, { hash, byteOffset, byteLength }] of rows.entries()) {
    const end = byteOffset + byteLength;
    const got = hashes?.slices[i];
    if (size < end) {
      bad.set(hash, {
        // A store that has the size of a pack and not its bytes deceives `ingest` too.
        kind: hashes?.broken ? 'image_damaged' : 'image_missing',
        expected: `its image in ${key}, ${end} bytes at least`,
        got: hashes?.broken ?? (size < 0 ? 'no such object' : `${size} bytes`),
      });
    } else if (got !== undefined && got !== hash) {
      bad.set(hash, {
        kind: 'image_damaged',
        expected: `SHA-256 ${hash} of its image in ${key} from byte ${byteOffset}`,
        got,
      });
    }
  }
  const isOther = hashes && !hashes.broken && hashes.whole !== pack;
  return {
    ...{ key, rows, bad, read: hashes?.bytes ?? 0 },
    otherHash: isOther ? hashes.whole : null,
  };
}

/** Hash a pack and the slices of it that rows name. @param rows - in the order of their bytes */
async function hashSlices(chunksOf: PackBytes, rows: readonly ImageRow[]) {
  const whole = createHash('sha256');
  const slices = rows.map(() => createHash('sha256'));
  let [at, first] = [0, 0];
  for await (const chunk of chunksOf) {
    if (typeof chunk === 'string')
      return { ...{ broken: chunk, bytes: at, whole: '' }, slices: [] };
    whole.update(chunk);
    while (first < rows.length && endOf(rows[first]) <= at) first += 1;
    addChunk(slices, rows, first, chunk, at);
    at += chunk.length;
  }
  const digests = slices.map((hash) => hash.digest('hex'));
  return { broken: null, bytes: at, whole: whole.digest('hex'), slices: digests };
}

function addChunk(
  slices: readonly Hash[],
  rows: readonly ImageRow[],
  first: number,
  chunk: Uint8Array,
  at: number,
): void {
  for (let i = first; i < rows.length && rows[i].byteOffset < at + chunk.length; i++) {
    const from = Math.max(0, rows[i].byteOffset - at);
    slices[i].update(chunk.subarray(from, Math.max(from, endOf(rows[i]) - at)));
  }
}

function endOf({ byteOffset, byteLength }: ImageRow): number {
  return byteOffset + byteLength;
}

/**
 * Forget where the bad images of a pack are, so that `ingest` stores them again, and write the good
 * ones into a new pack. The pack is looked at once more before, because somebody may have written it
 * again since. It stays in the store until garbage collection finds that no row names it.
 */
export async function repairImagePack(stores: Stores, pack: string, quick: boolean): Promise<void> {
  const { rows, bad, otherHash } = await inspectImagePack(stores, pack, quick);
  if (bad.size === 0 && otherHash === null) return;
  const { catalogue } = stores;
  const good = rows.filter(({ hash }) => !bad.has(hash));
  const forgotten = chunks([...bad.keys()]).map((part) =>
    catalogue.db
      .deleteFrom('images')
      .where('pack', '=', pack)
      .where(among(catalogue, 'hash', part)),
  );
  await catalogue.atomically([...(await repackImages(stores, good)), ...forgotten]);
}
