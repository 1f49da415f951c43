import { DiptychError } from '../errors.ts';
import { limits } from '../limits.ts';
import { readLimitedBody, type Message } from './read-limited-body.ts';

/**
 * Read the body of a request of at most `maxBytes`.
 *
 * @throws DiptychError payload_too_large, request_timeout, client_gone
 */
export async function readRequestBody(
  request: Message,
  maxBytes: number,
  idleMs: number = limits.bodyIdleMs,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await readLimitedBody(request, maxBytes, idleMs);
  } catch (cause) {
    throw cause instanceof DiptychError ? cause : clientGone(cause);
  }
}

/** Make the error of a client that hung up. Only the log sees it, and it is no fault of the server. */
export function clientGone(cause: unknown): DiptychError {
  const message = 'the client hung up before its request was answered';
  return new DiptychError('client_gone', message, undefined, { cause });
}
