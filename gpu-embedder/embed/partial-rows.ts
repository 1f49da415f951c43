import { createHash } from 'node:crypto';
import { open, readFile, type FileHandle } from 'node:fs/promises';
import { z } from 'zod';
import { namingFile } from '../common/system-error.ts';

export const substitutedSchema = z.object({ item: z.string(), reason: z.string() });
const batchSchema = z.object({
  rows: z.int().nonnegative(),
  /** Of the bytes of the rows, then of the JSON of `substituted`. */
  sha256: z.string(),
  substituted: z.array(substitutedSchema),
});

/** An item whose original could not be decoded, so that its prepared pixels were encoded. */
export type Substituted = Readonly<z.infer<typeof substitutedSchema>>;

/** A file of embeddings that grows by whole batches and survives an interruption. */
export interface PartialRows {
  /** Number of rows in the file. */
  readonly count: number;
  /** The items of all rows that were substituted. */
  readonly substituted: readonly Substituted[];
  append(rows: Float32Array, substituted?: readonly Substituted[]): Promise<void>;
  close(): Promise<void>;
}

/** The file beside the rows that has a line for each batch. */
export const journalOf = (path: string): string => `${path}.jsonl`;

/**
 * Open the rows that an earlier run left. Their journal has the checksum of each batch; rows from the
 * first one on that is incomplete or damaged are cut off.
 *
 * @param dim - number of floats in a row
 */
export async function openPartialRows(path: string, dim: number): Promise<PartialRows> {
  const file = await open(path, 'a+');
  const rowBytes = 4 * dim;
  let count = 0;
  const substituted: Substituted[] = [];
  let keptBytes = 0;
  for (const line of (await readFile(journalOf(path), 'utf8').catch(() => '')).split('\n')) {
    const batch = parseBatch(line);
    const bytes = batch && (await readRows(file, count * rowBytes, batch.rows * rowBytes));
    if (!bytes || hashBatch(bytes, batch.substituted) !== batch.sha256) break;
    count += batch.rows;
    substituted.push(...batch.substituted);
    keptBytes += Buffer.byteLength(line) + 1;
  }
  await file.truncate(count * rowBytes);
  const journal = await open(journalOf(path), 'a+');
  await journal.truncate(keptBytes);
  return {
    get count() {
      return count;
    },
    substituted,
    append: (rows, failed = []) =>
      namingFile(path, async () => {
        const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
        await file.appendFile(bytes);
        const batch = { rows: rows.length / dim, sha256: hashBatch(bytes, failed) };
        await journal.appendFile(`${JSON.stringify({ ...batch, substituted: failed })}\n`);
        count += batch.rows;
        substituted.push(...failed);
      }),
    async close() {
      await file.close();
      await journal.close();
    },
  };
}

function parseBatch(line: string): z.infer<typeof batchSchema> | null {
  try {
    return batchSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

async function readRows(file: FileHandle, at: number, length: number): Promise<Uint8Array | null> {
  const { size } = await file.stat();
  if (at + length > size) return null;
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, at);
  return bytesRead === length ? bytes : null;
}

function hashBatch(bytes: Uint8Array, substituted: readonly Substituted[]): string {
  const hash = createHash('sha256').update(bytes);
  return hash.update(JSON.stringify(substituted)).digest('hex');
}
