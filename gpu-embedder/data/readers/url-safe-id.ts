const safe = /^[\w\-.!~*'()/:]*$/;

/** Percent-encode the characters that a URL's path cannot hold, but keep `/` and `:`. */
export function urlSafeId(id: string): string {
  // Most ids are safe already, and this test is ten times as fast as encoding.
  if (safe.test(id)) return id;
  return encodeURIComponent(id).replaceAll('%2F', '/').replaceAll('%3A', ':');
}
