import type { ErrorHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { DiptychError, errorStatus } from '../../../../src/errors.ts';

/** Longest message that is sent: some messages quote what the client sent, which may be long. */
const maxCharacters = 500;

/** Answer a thrown error as `{error: {code, message, details?}}`; an unforeseen one is not described. */
export const answerError: ErrorHandler = (error, c) => {
  const { code, message, details } =
    error instanceof DiptychError
      ? error
      : new DiptychError('internal', 'Something went wrong on our side; it has been logged.');
  const retryAfterMs = details?.retryAfterMs;
  if (typeof retryAfterMs === 'number')
    c.header('retry-after', `${Math.ceil(retryAfterMs / 1000)}`);
  if (code === 'unauthorized') c.header('www-authenticate', 'Bearer');
  // The connection still holds the rest of a body that was not read, or the embedder is stopping:
  // the client must open a new one.
  if (code === 'payload_too_large' || code === 'embedder_unavailable')
    c.header('connection', 'close');
  const short = message.length > maxCharacters ? `${message.slice(0, maxCharacters)}…` : message;
  // Hono does not know 499, the status that servers log where a client hung up.
  const status = errorStatus[code] as ContentfulStatusCode;
  return c.json({ error: { code, message: short, details } }, status);
};
