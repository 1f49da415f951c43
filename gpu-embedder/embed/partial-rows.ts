import { open } from 'node:fs/promises';

/** A file of embeddings that grows by whole batches and survives an interruption. */
export interface PartialRows {
  /** Number of rows in the file. */
  readonly count: number;
  append(rows: Float32Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Open the rows that an earlier run left, and cut off a row that it did not finish.
 *
 * @param dim - number of floats in a row
 */
export async function openPartialRows(path: string, dim: number): Promise<PartialRows> {
  const file = await open(path, 'a+');
  const rowBytes = 4 * dim;
  let count = Math.floor((await file.stat()).size / rowBytes);
  await file.truncate(count * rowBytes);
  return {
    get count() {
      return count;
    },
    append: async (rows) => {
      await file.appendFile(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
      count += rows.length / dim;
    },
    close: () => file.close(),
  };
}
