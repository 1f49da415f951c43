import { hc } from 'hono/client';
import type { PublicRoutes } from '../../app.ts';
import { failureOf } from './api-failure.ts';

/** Calls the API by the types of its routes; `send`, a `fetch`, decides who answers. */
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
 * @throws ApiFailure where there is no answer, or one that is an error; an abort stays one
 */
export async function bodyOf<T>(asking: Promise<Answer<T>>, signal: AbortSignal): Promise<T> {
  const response = await asking;
  const body = await response.json().catch(() => null);
  signal.throwIfAborted();
  if (!response.ok || body === null) throw failureOf(response.status, body);
  return body;
}
