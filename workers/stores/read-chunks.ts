/**
 * Read a stream in chunks. Where it is a byte stream, one buffer serves all of them; a chunk is
 * valid until the next is asked for.
 *
 * @param chunkBytes - of a byte stream; others come as their source cut them
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

/** Null where it is no byte stream: a decompressed one in a browser, any in some browsers. */
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
