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
 * @param idleMs - the longest time without a byte; by default the sender may take any time
 * @throws DiptychError payload_too_large, request_timeout
 */
export async function readLimitedBody(
  message: Message,
  maxBytes: number,
  idleMs?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const declared = Number(message.headers.get('content-length') ?? 0);
  if (declared > maxBytes) throw tooLarge(maxBytes, declared);
  const reader = message.body?.getReader();
  if (!reader) return new Uint8Array();
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await (idleMs ? within(idleMs, reader) : reader.read());
    if (done) break;
    const chunk = value as Uint8Array<ArrayBuffer>;
    size += chunk.byteLength;
    if (size > maxBytes) {
      await reader.cancel();
      throw tooLarge(maxBytes);
    }
    chunks.push(chunk);
  }
  return joinChunks(chunks, size);
}

/** Read the next chunk in time. A body that stops coming would hold its memory and its connection. */
async function within(ms: number, reader: ReadableStreamDefaultReader) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new DiptychError('request_timeout', `body: expected more of it within ${ms} ms`));
      reader.cancel().catch(() => undefined);
    }, ms);
  });
  return Promise.race([reader.read(), late]).finally(() => clearTimeout(timer));
}

/** Join chunks; a single one is not copied. @param size - bytes of all chunks together */
export function joinChunks<T extends Uint8Array>(
  chunks: readonly T[],
  size: number,
): T | Uint8Array<ArrayBuffer> {
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
