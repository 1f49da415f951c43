import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes per read. */
const chunkBytes = 1 << 20;

/** Read the lines of a UTF-8 file one by one: the file may exceed the longest possible string. */
export function* readFileLines(path: string): Generator<string> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    /** The beginning of a line that ends in a later chunk. */
    let begun: Buffer[] = [];
    for (;;) {
      const read = readSync(file, chunk, 0, chunkBytes, null);
      if (read === 0) break;
      const end = chunk.subarray(0, read).lastIndexOf('\n');
      if (end >= 0) {
        yield* Buffer.concat([...begun, chunk.subarray(0, end)])
          .toString('utf8')
          .split('\n');
        begun = [];
      }
      begun.push(Buffer.from(chunk.subarray(end + 1, read)));
    }
    const last = Buffer.concat(begun).toString('utf8');
    if (last !== '') yield last;
  } finally {
    closeSync(file);
  }
}
