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
  // The body is left open where the receiver fails, so that it can be asked afterwards.
  const piped = body.pipeTo(writable, { preventCancel: true }).catch(() => undefined);
  try {
    return await send(readable);
  } catch (cause) {
    await piped;
    throw (await isBroken(body)) ? clientGone(cause) : cause;
  }
}

function isBroken(body: ReadableStream): Promise<boolean> {
  const reader = body.getReader();
  return reader.read().then(
    () => false,
    () => true,
  );
}
