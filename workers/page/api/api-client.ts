import type {
  CaptionsResponse,
  ClassifyResponse,
  CollectionInfo,
  SearchMode,
  SearchResponse,
} from '../../../src/api.ts';
import { failureOf } from './api-failure.ts';
import type { ApiCall, Send } from './send.ts';

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

/** Calls the API; every failure is an ApiFailure, an abort stays one. */
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

/** Gives the calls of the page their shape; `send` decides who answers. */
export function createApiClient(send: Send): ApiClient {
  async function request<T>(call: ApiCall, signal: AbortSignal): Promise<T> {
    const { status, body } = await send(call, signal);
    signal.throwIfAborted();
    if (status < 200 || status > 299 || body === null) throw failureOf(status, body);
    return body as T;
  }

  return {
    search({ by, collection, mode, limit, cursor }, signal) {
      const fields = { collection: collection ?? undefined, target: 'image', limit, cursor };
      const path = '/v1/search';
      if ('image' in by) return request({ path, fields, image: by.image }, signal);
      // Left out, the server takes hybrid, or vector where a collection has no words.
      const query = 'text' in by && mode !== 'hybrid' ? { ...by, mode } : by;
      return request({ path, fields: { ...query, ...fields } }, signal);
    },
    async captions(collection, image, signal) {
      const call = { path: '/v1/captions', fields: { collection: collection ?? undefined }, image };
      return (await request<CaptionsResponse>(call, signal)).captions;
    },
    async classify(collection, image, labels, signal) {
      const fields = { collection: collection ?? undefined, labels };
      const call = { path: '/v1/classify', fields, image };
      return (await request<ClassifyResponse>(call, signal)).labels;
    },
    async collections(signal) {
      type Answer = { readonly collections: readonly CollectionInfo[] };
      return (await request<Answer>({ path: '/v1/collections' }, signal)).collections;
    },
  };
}
