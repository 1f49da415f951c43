import type { ErrorHandler } from 'hono';
import { DiptychError, errorStatus } from '../../../../src/errors.ts';

/** Longest message that is sent: some quote what a client sent. */
const maxCharacters = 500;

/** Answer what a handler threw with `{error: {code, message, details?}}`; the unforeseen stays inside. */
export const answerError: ErrorHandler = (error, c) => {
  const { code, message, details } =
    error instanceof DiptychError
      ? error
      : new DiptychError('internal', 'Something went wrong on our side; it has been logged.');
  const retryAfterMs = details?.retryAfterMs;
  if (typeof retryAfterMs === 'number')
    c.header('retry-after', `${Math.ceil(retryAfterMs / 1000)}`);
  if (code === 'unauthorized') c.header('www-authenticate', 'Bearer');
  // Whoever sent a body that was not read, and whoever meets an embedder that stops, starts anew.
  if (code === 'payload_too_large' || code === 'embedder_unavailable')
    c.header('connection', 'close');
  const short = message.length > maxCharacters ? `${message.slice(0, maxCharacters)}…` : message;
  return c.json({ error: { code, message: short, details } }, errorStatus[code]);
};
