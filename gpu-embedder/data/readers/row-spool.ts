import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';

/** Rows kept on disk as JSON, because all of them may exceed the memory. */
export interface RowSpool<Row> {
  readonly length: number;
  add(row: Row): void;
  /** Read the i-th row that was added. */
  at(i: number): Row;
  /** Read all rows in the order in which they were added. */
  rows(): Generator<Row>;
  /** Release the disk space. */
  close(): void;
}

/** Bytes per write. */
const chunkBytes = 1 << 20;

/**
 * Open a spool in the folder for temporary files. It takes the size of the rows on disk and
 * 8 bytes of memory a row.
 *
 * @throws DiptychError write_failed - the disk is full; adding and reading rows throw it, too
 */
export function openSpool<Row>(): RowSpool<Row> {
  const file = orFail(openUnlinked);
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

/** Open a file and unlink it at once: the system frees it even if this process is killed. */
function openUnlinked(): number {
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
    const message = `Temporary rows in ${tmpdir()}: ${(cause as Error).message}`;
    throw new DiptychError('write_failed', message, undefined, { cause });
  }
}
