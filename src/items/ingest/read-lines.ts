import { DiptychError } from '../../errors.ts';
import { joinChunks } from '../../http/read-limited-body.ts';

const newline = 0x0a;

/**
 * Read the lines of a stream, one after the other, without blank lines. They are bytes: a line that
 * is not UTF-8 is the fault of that line alone.
 *
 * @param stream - its chunks may share a buffer, and so may the lines: use each before the next
 * @param maxBytes - the most bytes that a line may have
 * @throws DiptychError payload_too_large, with the number of the line
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ readonly number: number; readonly bytes: Uint8Array }> {
  /** The beginning of a line, from the chunks before. */
  let held: Uint8Array[] = [];
  let [heldBytes, number] = [0, 1];
  const takeLine = (end: Uint8Array): Uint8Array => {
    const line = joinChunks([...held, end], heldBytes);
    [held, heldBytes] = [[], 0];
    return line;
  };
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length;) {
      const found = chunk.indexOf(newline, at);
      const part = chunk.subarray(at, found < 0 ? chunk.length : found);
      heldBytes += part.length;
      if (heldBytes > maxBytes) {
        throw new DiptychError(
          'payload_too_large',
          `line ${number}: expected at most ${maxBytes} bytes, got more`,
          { line: number, maxBytes },
        );
      }
      at += part.length + 1;
      if (found < 0) {
        held.push(part.slice());
        continue;
      }
      const bytes = takeLine(part);
      if (!isBlank(bytes)) yield { number, bytes };
      number++;
    }
  }
  const bytes = takeLine(new Uint8Array());
  if (!isBlank(bytes)) yield { number, bytes };
}

/** Whether a line has nothing but spaces, tabs and carriage returns. */
const isBlank = (line: Uint8Array) =>
  line.every((byte) => byte === 32 || byte === 9 || byte === 13);
