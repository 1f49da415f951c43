import { DiptychError } from '../src/errors.ts';

/**
 * Fetch a file of the site.
 *
 * @param cache - `no-cache` for a file that keeps its name when it changes
 * @throws DiptychError index_unreadable, which names the file
 */
export async function fetchFile(url: URL, cache: RequestCache = 'default'): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { cache });
  } catch (cause) {
    throw unreadable(url, 'the host cannot be reached', cause);
  }
  if (response.ok) return response;
  throw unreadable(url, `expected the file, the host answered ${response.status}`);
}

function unreadable({ pathname }: URL, what: string, cause?: unknown): DiptychError {
  return new DiptychError('index_unreadable', `${pathname}: ${what}`, undefined, { cause });
}
