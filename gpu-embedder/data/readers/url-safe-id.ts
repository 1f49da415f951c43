import { isWellFormed } from '../../../src/text/well-formed.ts';

const safe = /^[\w\-.!~*'()/:]*$/;

/**
 * Percent-encode the characters that a URL's path cannot hold, but keep `/` and `:`. An id that is not
 * well-formed cannot be encoded and is returned as it is; `checkItem` refuses it.
 */
export function urlSafeId(id: string): string {
  // Most ids are safe already, and this test is ten times as fast as encoding.
  if (safe.test(id) || !isWellFormed(id)) return id;
  return encodeURIComponent(id).replaceAll('%2F', '/').replaceAll('%3A', ':');
}
