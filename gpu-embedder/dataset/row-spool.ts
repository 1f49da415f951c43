import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiptychError } from '../../src/errors.ts';

/** Rows put aside on disk, as JSON: there may be more than the memory holds. */
export interface RowSpool<Row> {
  readonly length: number;
  add(row: Row): void;
  /** Read the i-th row that was added. */
  at(i: number): Row;
  /** Read all rows in the order they were added in. */
  rows(): Generator<Row>;
  /** Give the disk back. */
  close(): void;
}

/** Bytes that are written at a time. */
const chunkBytes = 1 << 20;

/**
 * Open a spool in the folder for temporary files. It takes about the room of what is put in, and
 * 8 bytes a row of memory.
 *
 * @throws DiptychError write_failed - also when rows are added or read: no room on the disk
 */
export function openSpool<Row>(): RowSpool<Row> {
  const file = orFail(openNameless);
  /** Row i lies from offsets[i] to offsets[i + 1]. */
  const offsets = [0];
  let pending: string[] = [];
  let pendingBytes = 0;
  /** Rows on disk. */
  let written = 0;
  let bytes = Buffer.alloc(0);

  function flush(): void {
    orFail(() => writeFileSync(file, pending.join('')));
    written += pending.length;
    [pending, pendingBytes] = [[], 0];
  }

  function at(i: number): Row {
    if (i >= written) return JSON.parse(pending[i - written]) as Row;
    const length = offsets[i + 1] - offsets[i];
    if (bytes.length < length) bytes = Buffer.alloc(2 * length);
    orFail(() => readSync(file, bytes, 0, length, offsets[i]));
    return JSON.parse(bytes.toString('utf8', 0, length)) as Row;
  }

  return {
    get length() {
      return offsets.length - 1;
    },
    add(row) {
      const json = JSON.stringify(row);
      const length = Buffer.byteLength(json);
      pending.push(json);
      pendingBytes += length;
      offsets.push(offsets[offsets.length - 1] + length);
      if (pendingBytes >= chunkBytes) flush();
    },
    at,
    *rows() {
      for (let i = 0; i < offsets.length - 1; i++) yield at(i);
    },
    close: () => closeSync(file),
  };
}

/** Open a file that is in no folder: the system removes it even if this process is killed. */
function openNameless(): number {
  const dir = mkdtempSync(join(tmpdir(), 'diptych-rows-'));
  try {
    return openSync(join(dir, 'rows'), 'wx+');
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function orFail<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const message = `Rows put aside in ${tmpdir()}: ${(cause as Error).message}`;
    throw new DiptychError('write_failed', message, undefined, { cause });
  }
}
