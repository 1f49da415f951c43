import { DiptychError } from '../../errors.ts';
import { readLimitedBody } from '../../http/read-limited-body.ts';
import { limits } from '../../limits.ts';

/** A server must send the whole image within this time, milliseconds. */
const timeoutMs = 15_000;
const maxRedirects = 3;

/**
 * Create a function that fetches images only from addresses that the operator allows. Without this
 * rule, a client could make the server fetch addresses that only the server can reach.
 *
 * @param allowed - prefixes like `https://images.example.com/public/`, separated by white space
 * @param send - the platform's fetch
 */
export function createImageFetcher(
  allowed: string | undefined,
  send: typeof fetch,
): (url: string) => Promise<Uint8Array<ArrayBuffer>> {
  const rules = (allowed ?? '').split(/\s+/).filter(Boolean).map(parseRule);
  const isAllowed = ({ origin, pathname }: URL) =>
    rules.some((rule) => origin === rule.origin && pathname.startsWith(rule.pathname));

  return async (address) => {
    const signal = AbortSignal.timeout(timeoutMs);
    let url = new URL(address);
    for (let hop = 0; hop <= maxRedirects; hop++) {
      if (!isAllowed(url)) throw refused(url, 'no rule of IMAGE_URLS allows it');
      const response = await send(url, { redirect: 'manual', signal }).catch((cause: unknown) => {
        throw failed(url, String(cause), cause);
      });
      const location = response.headers.get('location');
      if (response.status >= 300 && response.status < 400 && location) {
        await response.body?.cancel();
        url = new URL(location, url);
        continue;
      }
      if (!response.ok) throw failed(url, `status ${response.status}`);
      return readLimitedBody(response, limits.imageBytes);
    }
    throw failed(url, `more than ${maxRedirects} redirects`);
  };
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

function refused(url: URL, why: string): DiptychError {
  return new DiptychError('url_refused', `image: ${url.href}: ${why}`, { url: url.href });
}

function failed(url: URL, why: string, cause?: unknown): DiptychError {
  const message = `image: ${url.href} could not be fetched: ${why}`;
  return new DiptychError('url_failed', message, { url: url.href }, { cause });
}
