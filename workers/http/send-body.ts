import { clientGone } from '../../src/http/read-request-body.ts';

/**
 * Send the body of a request on, and tell apart whether the client or the receiver broke off.
 *
 * @param length - bytes of the body: R2 must know the length of a stream in advance
 * @throws DiptychError client_gone, or what `send` throws
 */
export async function sendBody<T>(
  body: ReadableStream<Uint8Array>,
  length: number,
  send: (body: ReadableStream<Uint8Array>) => Promise<T>,
): Promise<T> {
  const { readable, writable } = new FixedLengthStream(length);
  const reader = body.getReader();
  let isGone = false;
  const next = () =>
    reader.read().catch((cause: unknown) => {
      isGone = true;
      throw cause;
    });
  // Nobody waits for the end of the copying: a receiver that fails before it reads would never let it
  // end. What goes wrong with it is seen by `send`.
  void copy(next, writable.getWriter());
  try {
    return await send(readable);
  } catch (cause) {
    if (isGone) throw clientGone(cause);
    // The rest of the body is of no use.
    reader.cancel().catch(() => undefined);
    throw cause;
  }
}

async function copy(
  next: () => Promise<ReadableStreamReadResult<Uint8Array>>,
  writer: WritableStreamDefaultWriter<Uint8Array>,
): Promise<void> {
  try {
    for (let chunk = await next(); !chunk.done; chunk = await next()) {
      await writer.write(chunk.value);
    }
    await writer.close();
  } catch (cause) {
    await writer.abort(cause).catch(() => undefined);
  }
}
