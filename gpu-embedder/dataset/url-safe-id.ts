/** Percent-encode what a URL's path cannot hold, apart from `/` and `:`. */
export function urlSafeId(id: string): string {
  return encodeURIComponent(id).replaceAll('%2F', '/').replaceAll('%3A', ':');
}
