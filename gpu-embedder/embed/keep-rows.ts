import { createHash } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flawOfRow } from '../../src/embedder/flaw-of-row.ts';
import { sha256Hex } from '../common/sha256-hex.ts';
import type { StageFiles } from '../common/stage-files.ts';
import { namingFile } from '../common/system-error.ts';
import type { PreparedDataset } from '../data/prepared/read-dataset.ts';
import type { Caption } from './collect-captions.ts';
import { partialPaths, type EncodeReport } from './encoding-journal.ts';

type Failed = EncodeReport['failed'];

/** How many rows of images are looked at together. */
const rowsAtOnce = 4096;

/**
 * Write `image.f32`: the rows of the images that have an embedding. The others are named.
 *
 * @returns `rowOf` gives the row of an item by its ordinal; -1 where it has none
 */
export async function keepImages(
  out: string,
  { items }: PreparedDataset,
  dim: number,
): Promise<{
  readonly count: number;
  readonly rowOf: Int32Array;
  readonly failed: Failed;
  readonly files: StageFiles;
}> {
  const rowOf = new Int32Array(items.length).fill(-1);
  const failed: Failed[number][] = [];
  const name = 'image.f32';
  const path = join(out, name);
  const target = await open(path, 'w');
  const hash = createHash('sha256');
  let count = 0;
  try {
    for await (const { first, rows } of readRows(partialPaths(out).images, items.length, dim)) {
      const good: Uint8Array[] = [];
      for (let i = 0; i < rows.length / dim; i++) {
        const row = rows.subarray(i * dim, (i + 1) * dim);
        const flaw = flawOfRow(row);
        if (flaw === null) {
          rowOf[first + i] = count++;
          good.push(bytesOf(row));
        } else {
          const reason = `the model answered ${flaw}`;
          failed.push({ kind: 'image', name: items[first + i].id, reason });
        }
      }
      const kept = Buffer.concat(good);
      hash.update(kept);
      await namingFile(path, () => target.appendFile(kept));
    }
  } finally {
    await target.close();
  }
  const files = { [name]: { bytes: count * 4 * dim, sha256: hash.digest('hex') } };
  return { count, rowOf, failed, files };
}

/**
 * Write `caption.f32` and `captions.jsonl`: the captions that have an embedding and describe an image
 * that has one, and the rows of these images.
 *
 * @returns number of captions, and of those without a known word
 */
export async function keepCaptions(
  out: string,
  captions: readonly Caption[],
  dim: number,
  rowOf: Int32Array,
): Promise<{
  readonly count: number;
  readonly skipped: number;
  readonly failed: Failed;
  readonly files: StageFiles;
}> {
  const bytes = await readFile(partialPaths(out).captions);
  const kept: { readonly caption: Caption; readonly row: Float32Array }[] = [];
  const failed: Failed[number][] = [];
  let skipped = 0;
  for (const [i, { text, items }] of captions.entries()) {
    const row = new Float32Array(dim);
    bytesOf(row).set(bytes.subarray(i * 4 * dim, (i + 1) * 4 * dim));
    const flaw = flawOfRow(row);
    const images = items.flatMap((item) => (rowOf[item] < 0 ? [] : rowOf[item]));
    const fail = (reason: string) => failed.push({ kind: 'caption', name: text, reason });
    if (flaw === 'only zeros') skipped += 1;
    else if (flaw !== null) fail(`the model answered ${flaw}`);
    else if (images.length === 0) fail('no image that it describes has an embedding');
    else kept.push({ caption: { text, items: images }, row });
  }
  const lines = kept.map(({ caption }) => `${JSON.stringify(caption)}\n`);
  const contents = {
    'caption.f32': Buffer.concat(kept.map(({ row }) => bytesOf(row))),
    'captions.jsonl': Buffer.from(lines.join('')),
  };
  const files: StageFiles = {};
  for (const [name, content] of Object.entries(contents)) {
    const path = join(out, name);
    await namingFile(path, () => writeFile(path, content));
    files[name] = { bytes: content.byteLength, sha256: sha256Hex(content) };
  }
  return { count: kept.length, skipped, failed, files };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function* readRows(path: string, count: number, dim: number) {
  const file = await open(path);
  try {
    for (let first = 0; first < count; first += rowsAtOnce) {
      const rows = new Float32Array(Math.min(rowsAtOnce, count - first) * dim);
      await file.read(bytesOf(rows), 0, rows.byteLength, first * 4 * dim);
      yield { first, rows };
    }
  } finally {
    await file.close();
  }
}
