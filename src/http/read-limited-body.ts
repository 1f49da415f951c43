import { DiptychError } from '../errors.ts';

/** A `Request` or a `Response` of any runtime. */
export interface Message {
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream | null;
}

/**
 * Read a body of at most `maxBytes`. A longer body is refused by its declared length, before it is
 * read. If that length is missing or wrong, it is refused as soon as more bytes than that arrive.
 *
 * @throws DiptychError payload_too_large
 */
export async function readLimitedBody(
  message: Message,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(message.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes, declared);
  const reader = message.body?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const chunk = value as Uint8Array<ArrayBuffer>;
    size += chunk.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk);
  }
  return join(chunks, size);
}

function join(chunks: readonly Uint8Array<ArrayBuffer>[], size: number): Uint8Array<ArrayBuffer> {
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(maxBytes: number, got?: number): DiptychError {
  return new DiptychError(
    'payload_too_large',
    `body: expected at most ${maxBytes} bytes, got ${got ?? 'more'}`,
    { maxBytes, ...(got === undefined ? {} : { got }) },
  );
}
