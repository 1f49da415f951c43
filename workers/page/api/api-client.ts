import type {
  CaptionsResponse,
  ClassifyResponse,
  CollectionInfo,
  SearchMode,
  SearchResponse,
} from '../../../src/api.ts';
import { ApiFailure, failureOf } from './api-failure.ts';

export interface SearchQuery {
  readonly collection: string | null;
  readonly by: { readonly text: string } | { readonly id: string } | { readonly image: Blob };
  /** Of a search by text; an image and an item are always compared as vectors. */
  readonly mode: SearchMode;
  readonly limit: number;
  readonly cursor?: string;
}

type Captions = CaptionsResponse['captions'];
type LabelScores = ClassifyResponse['labels'];

/** Calls the worker that serves this page; every failure is an ApiFailure, an abort stays one. */
export interface ApiClient {
  search(query: SearchQuery, signal: AbortSignal): Promise<SearchResponse>;
  captions(collection: string | null, image: Blob, signal: AbortSignal): Promise<Captions>;
  classify(
    collection: string | null,
    image: Blob,
    labels: readonly string[],
    signal: AbortSignal,
  ): Promise<LabelScores>;
  collections(signal: AbortSignal): Promise<readonly CollectionInfo[]>;
}

export const apiClient: ApiClient = {
  search({ by, collection, mode, limit, cursor }, signal) {
    const fields = { collection: collection ?? undefined, target: 'image', limit, cursor };
    if ('image' in by) return request('/v1/search', form(by.image, fields), signal);
    // Left out, the server takes hybrid, or vector where a collection has no words.
    const query = 'text' in by && mode !== 'hybrid' ? { ...by, mode } : by;
    return request('/v1/search', { ...query, ...fields }, signal);
  },
  async captions(collection, image, signal) {
    const body = form(image, { collection: collection ?? undefined });
    return (await request<CaptionsResponse>('/v1/captions', body, signal)).captions;
  },
  async classify(collection, image, labels, signal) {
    const body = form(image, { collection: collection ?? undefined, labels });
    return (await request<ClassifyResponse>('/v1/classify', body, signal)).labels;
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

function form(image: Blob, fields: object): FormData {
  const data = new FormData();
  data.append('image', image);
  data.append('json', JSON.stringify(fields));
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
  signal.throwIfAborted();
  if (!response.ok || answer === null) throw failureOf(response.status, answer);
  return answer as T;
}

function postOf(body: object | null): RequestInit {
  if (body === null) return {};
  if (body instanceof FormData) return { method: 'POST', body };
  const headers = { 'content-type': 'application/json' };
  return { method: 'POST', headers, body: JSON.stringify(body) };
}
