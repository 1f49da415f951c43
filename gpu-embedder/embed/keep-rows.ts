import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { flawOfRow } from '../../src/embedder/flaw-of-row.ts';
import type { PreparedDataset } from '../data/prepared/read-dataset.ts';
import type { Caption } from './collect-captions.ts';
import type { EncodeReport } from './encoding-journal.ts';

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
): Promise<{ readonly count: number; readonly rowOf: Int32Array; readonly failed: Failed }> {
  const partial = join(out, 'image.partial');
  const rowOf = new Int32Array(items.length).fill(-1);
  const failed: Failed[number][] = [];
  const target = await open(join(out, 'image.f32'), 'w');
  let count = 0;
  try {
    for await (const { first, rows } of readRows(partial, items.length, dim)) {
      const good: Float32Array[] = [];
      for (let i = 0; i < rows.length / dim; i++) {
        const row = rows.subarray(i * dim, (i + 1) * dim);
        const flaw = flawOfRow(row);
        if (flaw === null) {
          rowOf[first + i] = count++;
          good.push(row);
        } else {
          const reason = `the model answered ${flaw}`;
          failed.push({ kind: 'image', name: items[first + i].id, reason });
        }
      }
      await target.appendFile(Buffer.concat(good.map(bytesOf)));
    }
  } finally {
    await target.close();
  }
  return { count, rowOf, failed };
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
): Promise<{ readonly count: number; readonly skipped: number; readonly failed: Failed }> {
  const bytes = await readFile(join(out, 'caption.partial'));
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
  await writeFile(join(out, 'caption.f32'), Buffer.concat(kept.map(({ row }) => bytesOf(row))));
  const lines = kept.map(({ caption }) => `${JSON.stringify(caption)}\n`);
  await writeFile(join(out, 'captions.jsonl'), lines.join(''));
  return { count: kept.length, skipped, failed };
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
