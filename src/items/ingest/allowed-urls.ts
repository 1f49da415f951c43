import { DiptychError } from '../../errors.ts';
import { readLimitedBody } from '../../http/read-limited-body.ts';
import { limits } from '../../limits.ts';
import { createUrlRules } from './url-rules.ts';

/** A server must send the whole image within this time, milliseconds. */
const defaultTimeoutMs = 15_000;
const maxRedirects = 3;

/**
 * Create a function that fetches images only from addresses that the operator allows. Whatever a
 * server does is a failure of that one image.
 *
 * @param allowed - prefixes like `https://images.example.com/public/`, separated by white space
 * @param send - the platform's fetch
 * @throws DiptychError invalid_option
 */
export function createImageFetcher(
  allowed: string | undefined,
  send: typeof fetch,
  timeoutMs = defaultTimeoutMs,
): (url: string) => Promise<Uint8Array<ArrayBuffer>> {
  const isAllowed = createUrlRules(allowed);

  async function follow(url: URL, signal: AbortSignal, hop: number): Promise<Response> {
    if (!isAllowed(url)) {
      const message = `image: ${url.href}: no rule of IMAGE_URLS allows it`;
      throw new DiptychError('url_refused', message, { url: url.href });
    }
    const response = await send(url, { redirect: 'manual', signal });
    const location = response.headers.get('location');
    const isRedirect = response.status >= 300 && response.status < 400 && location;
    if (response.ok) return response;
    await response.body?.cancel();
    if (!isRedirect) throw new Error(`status ${response.status}`);
    if (hop === maxRedirects) throw new Error(`more than ${maxRedirects} redirects`);
    return follow(new URL(location, url), signal, hop + 1);
  }

  return async (address) => {
    try {
      const response = await follow(new URL(address), AbortSignal.timeout(timeoutMs), 0);
      const bytes = await readLimitedBody(response, limits.imageBytes);
      checkWhole(response, bytes);
      return bytes;
    } catch (cause) {
      if (cause instanceof DiptychError) throw cause;
      const why = cause instanceof Error ? cause.message : String(cause);
      const message = `image: ${address} could not be fetched: ${why}`;
      throw new DiptychError('url_failed', message, { url: address }, { cause });
    }
  };
}

/** Refuse a body that is shorter than was announced, and a page, which some send in place of a 404. */
function checkWhole({ headers }: Response, bytes: Uint8Array): void {
  const declared = headers.get('content-length');
  const isCoded = headers.has('content-encoding');
  if (declared !== null && !isCoded && Number(declared) !== bytes.byteLength) {
    throw new Error(`expected ${declared} bytes, got ${bytes.byteLength}`);
  }
  const start = new TextDecoder().decode(bytes.subarray(0, 100));
  if (/^\s*<(!doctype html|html)\b/i.test(start)) throw new Error('expected an image, got a page');
}
