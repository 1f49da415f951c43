/**
 * Read a stream in chunks. The chunks of a byte stream share one buffer: use each chunk before you
 * ask for the next.
 *
 * @param chunkBytes - length of the chunks of a byte stream; other streams keep their own chunks
 */
export async function* readChunks(
  stream: ReadableStream,
  chunkBytes: number,
): AsyncGenerator<Uint8Array> {
  const reader = byteReader(stream);
  if (!reader) return yield* plainChunks(stream.getReader());
  let buffer = new ArrayBuffer(Math.max(1, chunkBytes));
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(buffer), { min: buffer.byteLength });
    if (value) {
      if (value.byteLength > 0) yield value;
      buffer = value.buffer;
    }
    if (done) return;
  }
}

/**
 * Get a reader of a byte stream.
 *
 * @returns null for other streams: in a browser decompressed ones, in some browsers all of them
 */
function byteReader(stream: ReadableStream): ReadableStreamBYOBReader | null {
  try {
    return stream.getReader({ mode: 'byob' });
  } catch {
    return null;
  }
}

async function* plainChunks(reader: ReadableStreamDefaultReader): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value as Uint8Array;
  }
}
