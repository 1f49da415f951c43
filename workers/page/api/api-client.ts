import { hc } from 'hono/client';
import type { PublicRoutes } from '../../app.ts';
import { failureOf } from './api-failure.ts';

/**
 * Creates a client of the API whose calls have the types of the routes.
 *
 * @param send - a `fetch`: over the network, or to the search thread of a static site
 * @example
 * ```ts
 * const client = createApiClient(sendOverHttp);
 * const { signal } = new AbortController();
 * const json = { text: 'birthday cake', limit: 10 };
 * const { matches } = await bodyOf(client.search.$post({ json }, { init: { signal } }), signal);
 * ```
 */
export function createApiClient(send: typeof fetch) {
  return hc<PublicRoutes>('/', { fetch: send }).v1;
}

export type ApiClient = ReturnType<typeof createApiClient>;

interface Answer<T> {
  readonly ok: boolean;
  readonly status: number;
  json(): Promise<T>;
}

/**
 * Gives the body of an answer.
 *
 * @throws ApiFailure for an answer that is an error or has no JSON; the signal's reason after an abort
 */
export async function bodyOf<T>(asking: Promise<Answer<T>>, signal: AbortSignal): Promise<T> {
  const response = await asking;
  const body = await response.json().catch(() => null);
  signal.throwIfAborted();
  if (!response.ok || body === null) throw failureOf(response.status, body);
  return body;
}
