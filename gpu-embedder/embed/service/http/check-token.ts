import { createHash, timingSafeEqual } from 'node:crypto';
import { DiptychError } from '../../../../src/errors.ts';

/**
 * Check a bearer token. The check takes the same time for every wrong token, so that nobody can
 * find the right one by measuring.
 *
 * @param authorization - the header of the request
 * @throws DiptychError unauthorized
 */
export function checkToken(authorization: string | undefined, token: string): void {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  // Digests have one length, which timingSafeEqual needs.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new DiptychError(
    'unauthorized',
    'authorization: expected the bearer token of this embedder',
  );
}
