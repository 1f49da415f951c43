import { DiptychError } from '../../../../src/errors.ts';

/** A shorter token could be guessed. */
const minTokenLength = 16;

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Refuse to listen on an address that other machines can reach, unless there is a good token.
 *
 * @throws DiptychError invalid_option
 */
export function checkExposure(host: string, token: string | undefined): void {
  if (token === undefined) {
    if (isLoopback(host)) return;
    throw new DiptychError(
      'invalid_option',
      `--host ${host}: other machines can reach this address; set DIPTYCH_EMBEDDER_TOKEN, or listen on 127.0.0.1`,
    );
  }
  if (token.length >= minTokenLength && !/\s/.test(token)) return;
  throw new DiptychError(
    'invalid_option',
    `DIPTYCH_EMBEDDER_TOKEN: expected at least ${minTokenLength} characters without spaces, got ${token.length}`,
  );
}
