import { DiptychError } from '../../../../src/errors.ts';

/** Shorter tokens can be guessed. */
const minTokenLength = 16;

const isLoopback = (host: string) =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);

/**
 * Refuse to listen where others reach the service without a token.
 *
 * @throws DiptychError invalid_option
 */
export function checkExposure(host: string, token: string | undefined): void {
  if (token === undefined) {
    if (isLoopback(host)) return;
    throw new DiptychError(
      'invalid_option',
      `--host ${host}: others reach it there; set DIPTYCH_EMBEDDER_TOKEN, or listen on 127.0.0.1`,
    );
  }
  if (token.length >= minTokenLength && !/\s/.test(token)) return;
  throw new DiptychError(
    'invalid_option',
    `DIPTYCH_EMBEDDER_TOKEN: expected at least ${minTokenLength} characters without spaces, got ${token.length}`,
  );
}
