import { DiptychError } from '../../errors.ts';

/**
 * Read the lines of a stream of UTF-8, one after the other, without blank lines.
 *
 * @param maxBytes - the most bytes that a line may have
 * @throws DiptychError payload_too_large, with the number of the line
 */
export async function* readLines(
  stream: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ readonly number: number; readonly text: string }> {
  const decoder = new TextDecoder();
  let [held, heldBytes, number]: [string[], number, number] = [[], 0, 1];
  const takeLine = (): string => {
    const text = held.join('').trim();
    [held, heldBytes] = [[], 0];
    return text;
  };
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length;) {
      const newline = chunk.indexOf(10, at);
      const end = newline < 0 ? chunk.length : newline;
      heldBytes += end - at;
      if (heldBytes > maxBytes) {
        throw new DiptychError(
          'payload_too_large',
          `line ${number}: expected at most ${maxBytes} bytes, got more`,
          { line: number, maxBytes },
        );
      }
      held.push(decoder.decode(chunk.subarray(at, end), { stream: newline < 0 }));
      at = end + 1;
      if (newline < 0) continue;
      const text = takeLine();
      if (text !== '') yield { number, text };
      number++;
    }
  }
  held.push(decoder.decode());
  const text = takeLine();
  if (text !== '') yield { number, text };
}
