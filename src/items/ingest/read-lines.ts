import { DiptychError } from '../../errors.ts';

const lineFeed = 10;
/** Space, tab and carriage return. */
const blank: readonly number[] = [32, 9, 13];

/**
 * Read the lines of a stream, one after the other, without blank lines.
 *
 * @param stream - may use the memory of a chunk again for the next one
 * @param maxBytes - the most bytes that a line may have
 * @returns lines; use the bytes of one before the next one is asked for
 * @throws DiptychError payload_too_large, with the number of the line
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ readonly number: number; readonly bytes: Uint8Array }> {
  let [held, heldBytes, number]: [Uint8Array[], number, number] = [[], 0, 1];
  const takeLine = (): Uint8Array => {
    const bytes = join(held, heldBytes);
    [held, heldBytes] = [[], 0];
    return bytes;
  };
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length;) {
      const newline = chunk.indexOf(lineFeed, at);
      const end = newline < 0 ? chunk.length : newline;
      heldBytes += end - at;
      if (heldBytes > maxBytes) {
        throw new DiptychError(
          'payload_too_large',
          `line ${number}: expected at most ${maxBytes} bytes, got more`,
          { line: number, maxBytes },
        );
      }
      // A line that goes on is copied, because the next chunk may come in the same memory.
      held.push(newline < 0 ? chunk.slice(at, end) : chunk.subarray(at, end));
      at = end + 1;
      if (newline < 0) continue;
      const bytes = takeLine();
      if (!isBlank(bytes)) yield { number, bytes };
      number++;
    }
  }
  const bytes = takeLine();
  if (!isBlank(bytes)) yield { number, bytes };
}

const isBlank = (bytes: Uint8Array): boolean => bytes.every((byte) => blank.includes(byte));

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  const joined = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
