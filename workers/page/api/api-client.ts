import { ApiFailure, failureOf } from './api-failure.ts';
import type { Caption, CollectionInfo, LabelScore, Mode, SearchAnswer } from './api-types.ts';

export interface SearchQuery {
  readonly collection: string | null;
  readonly by: { readonly text: string } | { readonly id: string } | { readonly image: Blob };
  readonly mode: Mode;
  readonly limit: number;
  readonly cursor?: string;
}

/** Calls the worker that serves this page; every failure is an ApiFailure, an abort stays one. */
export interface ApiClient {
  search(query: SearchQuery, signal: AbortSignal): Promise<SearchAnswer>;
  captions(
    collection: string | null,
    image: Blob,
    signal: AbortSignal,
  ): Promise<readonly Caption[]>;
  classify(
    collection: string | null,
    image: Blob,
    labels: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly LabelScore[]>;
  collections(signal: AbortSignal): Promise<readonly CollectionInfo[]>;
}

export const apiClient: ApiClient = {
  search({ by, collection, mode, limit, cursor }, signal) {
    const options = { target: 'image', limit, cursor, collection: collection ?? undefined };
    if ('image' in by) return request('/v1/search', form({ ...options, image: by.image }), signal);
    return request('/v1/search', { ...by, ...options, ...('text' in by ? { mode } : {}) }, signal);
  },
  async captions(collection, image, signal) {
    const body = form({ collection: collection ?? undefined, image, limit: 5 });
    const answer = await request<{ captions: readonly Caption[] }>('/v1/captions', body, signal);
    return answer.captions;
  },
  async classify(collection, image, labels, signal) {
    const body = form({ collection: collection ?? undefined, image, labels });
    const answer = await request<{ labels: readonly LabelScore[] }>('/v1/classify', body, signal);
    return answer.labels;
  },
  async collections(signal) {
    const answer = await request<{ collections: readonly CollectionInfo[] }>(
      '/v1/collections',
      null,
      signal,
    );
    return answer.collections;
  },
};

type Field = string | number | Blob | readonly string[] | undefined;

function form(fields: Readonly<Record<string, Field>>): FormData {
  const data = new FormData();
  for (const [name, field] of Object.entries(fields)) {
    if (field === undefined) continue;
    if (field instanceof Blob) data.append(name, field);
    else if (typeof field === 'object') for (const value of field) data.append(name, value);
    else data.append(name, String(field));
  }
  return data;
}

async function request<T>(path: string, body: object | null, signal: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, { ...postOf(body), signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    throw new ApiFailure(
      'offline',
      'The server cannot be reached. Trying again every few seconds.',
    );
  }
  const answer: unknown = await response.json().catch(() => null);
  if (!response.ok || answer === null) throw failureOf(response.status, answer);
  return answer as T;
}

function postOf(body: object | null): RequestInit {
  if (body === null) return {};
  if (body instanceof FormData) return { method: 'POST', body };
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}
