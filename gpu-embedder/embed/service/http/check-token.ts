import { createHash, timingSafeEqual } from 'node:crypto';
import { DiptychError } from '../../../../src/errors.ts';

/**
 * Check a bearer token in a time that tells nothing of the right one.
 *
 * @param authorization - header of the request
 * @throws DiptychError unauthorized
 */
export function checkToken(authorization: string | undefined, token: string): void {
  const given = /^Bearer +(.+)$/i.exec(authorization ?? '')?.[1] ?? '';
  // Of one length, whatever was given.
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (timingSafeEqual(digest(given), digest(token))) return;
  throw new DiptychError(
    'unauthorized',
    'authorization: expected the bearer token of this embedder',
  );
}
