import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes per read. */
const chunkBytes = 1 << 20;

/** Read the lines of a UTF-8 file one by one: the file may exceed the longest possible string. */
export function* readFileLines(path: string): Generator<string> {
  for (const lines of wholeLines(readChunks(path))) yield* lines.toString('utf8').split('\n');
}

/** Read a file in parts. A part is valid until the next one is read. */
export function* readChunks(path: string): Generator<Buffer> {
  const file = openSync(path, 'r');
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const read = readSync(file, chunk, 0, chunkBytes, null);
      if (read === 0) break;
      yield chunk.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}

/**
 * Join parts of a text so that each holds whole lines, without the line end behind the last one.
 *
 * @param lineEnd - the character at the end of a line
 */
export function* wholeLines(chunks: Iterable<Buffer>, lineEnd = '\n'): Generator<Buffer> {
  /** The beginning of a line that ends in a later chunk. */
  let begun: Buffer[] = [];
  for (const chunk of chunks) {
    const end = chunk.lastIndexOf(lineEnd);
    if (end >= 0) {
      yield Buffer.concat([...begun, chunk.subarray(0, end)]);
      begun = [];
    }
    begun.push(Buffer.from(chunk.subarray(end + 1)));
  }
  const last = Buffer.concat(begun);
  if (last.length > 0) yield last;
}
