import { DiptychError } from '../../errors.ts';

/**
 * Create the rule of which addresses the server may fetch. Without it, a client could make the server
 * fetch addresses that only the server can reach.
 *
 * @param allowed - prefixes like `https://images.example.com/public/`, separated by white space; an
 *   address must have the same origin, and its path must lie in that folder or be that file
 * @throws DiptychError invalid_option
 */
export function createUrlRules(allowed = ''): (url: URL) => boolean {
  const rules = allowed
    .split(/\s+/)
    .filter(Boolean)
    .map((rule) => {
      const { origin, pathname } = parseRule(rule);
      return { origin, paths: readings(pathname) };
    });
  return ({ origin, pathname, username, password }) => {
    if (username !== '' || password !== '') return false;
    const paths = readings(pathname);
    return rules.some(
      (rule) => origin === rule.origin && paths.every((path, i) => isWithin(path, rule.paths[i]!)),
    );
  };
}

function isWithin(path: string, rule: string): boolean {
  const folder = rule.endsWith('/') ? rule : `${rule}/`;
  return path === rule || path.startsWith(folder);
}

/** The path as it is written, and as servers may read it. */
const readings = (pathname: string): string[] => [pathname, plainPath(pathname)];

/**
 * Find the file that a path may mean to a server: some decode `%2f` before they look at `..`, some
 * decode twice, some join slashes, and some leave out what follows a semicolon.
 */
function plainPath(pathname: string): string {
  let path = pathname;
  for (let before = ''; before !== path;) {
    before = path;
    path = path.replace(/%(25|2e|2f|5c|3b)/gi, (coded) => decodeURIComponent(coded));
  }
  const parts: string[] = [];
  for (const part of path.split(/[/\\]+/)) {
    const [name = ''] = part.split(';');
    if (name === '..') parts.pop();
    else if (name !== '.' && name !== '') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** @throws DiptychError invalid_option */
function parseRule(rule: string): URL {
  try {
    const url = new URL(rule);
    // A URL is compared by its origin: as plain text, the rule `https://a.example` would also allow
    // `https://a.example.evil.org`.
    if (url.protocol === 'https:' || url.protocol === 'http:') return url;
  } catch {
    // The error below also covers a text that is no URL.
  }
  throw new DiptychError(
    'invalid_option',
    `IMAGE_URLS: expected prefixes that begin with https:// or http://, got ${rule}`,
  );
}
