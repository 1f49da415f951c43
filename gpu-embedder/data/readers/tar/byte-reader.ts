/** Takes bytes off a stream, as many as are asked for. */
export interface ByteReader {
  /** How many bytes are taken. */
  readonly position: number;
  /** Take bytes: fewer where the stream ends. */
  take(length: number): Promise<Buffer>;
  /** Take bytes without keeping them. @returns how many: fewer where the stream ends */
  skip(length: number): Promise<number>;
  /** Stop reading the stream. */
  close(): Promise<void>;
}

export function byteReader(chunks: AsyncIterable<Buffer>): ByteReader {
  const source = chunks[Symbol.asyncIterator]();
  let chunk: Buffer = Buffer.alloc(0);
  let position = 0;

  /** Take the bytes in pieces, as they lie in chunks. */
  async function* pieces(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0;) {
      if (chunk.length === 0) {
        const next = await source.next();
        if (next.done) return;
        chunk = next.value;
      }
      const piece = chunk.subarray(0, left);
      chunk = chunk.subarray(piece.length);
      position += piece.length;
      left -= piece.length;
      yield piece;
    }
  }

  return {
    get position() {
      return position;
    },
    async take(length) {
      const parts: Buffer[] = [];
      for await (const piece of pieces(length)) parts.push(piece);
      return parts.length === 1 ? parts[0] : Buffer.concat(parts);
    },
    async skip(length) {
      const before = position;
      for await (const _ of pieces(length));
      return position - before;
    },
    async close() {
      await source.return?.();
    },
  };
}
