import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes of one read. */
const chunkBytes = 1 << 22;
const newline = 10;

/** Read the lines of a UTF-8 file one by one: it may be larger than a string can be. */
export function* readLines(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    /** The beginning of a line whose end is in a chunk to come. */
    let begun: Buffer[] = [];
    for (;;) {
      const read = readSync(file, chunk, 0, chunkBytes, null);
      if (read === 0) break;
      let from = 0;
      for (;;) {
        const to = chunk.subarray(0, read).indexOf(newline, from);
        if (to < 0) break;
        yield Buffer.concat([...begun, chunk.subarray(from, to)]).toString('utf8');
        begun = [];
        from = to + 1;
      }
      if (from < read) begun.push(Buffer.from(chunk.subarray(from, read)));
    }
    if (begun.length > 0) yield Buffer.concat(begun).toString('utf8');
  } finally {
    closeSync(file);
  }
}
