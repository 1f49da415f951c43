import type { SearchResponse } from '../http/api.ts';
import type { Collection } from './collection.ts';
import { DiptychError } from '../errors.ts';
import type { DecodeImage } from './query-model.ts';
import {
  resolveMode,
  resolveQuery,
  type ResolvedQuery,
  type SearchQuery,
} from './resolve-query.ts';
import { searchCollection } from './search-collection.ts';

/** The functions of a search that depend on the runtime. */
export interface SearchTools {
  readonly decodeImage: DecodeImage;
  /** Measures the time of each step. By default nothing is measured. */
  measure?<T>(step: 'encode' | 'search', work: () => Promise<T>): Promise<T>;
}

export type SearchAnswer = Omit<SearchResponse, 'timings'>;

/**
 * Answer a search of the worker, the command line or the page of a static site.
 *
 * @param request - a request that `checkQuery` has checked
 * @param image - an encoded image, such as a PNG, where the query is an image
 * @throws DiptychError bad_request, empty_query, unknown_item, model_mismatch, or what
 *   `tools.decodeImage` throws
 *
 * @example
 * const request = { text: 'birthday cake', target: 'image', limit: 10 } as const;
 * const { matches } = await answerSearch(collection, request, null, { decodeImage });
 * console.log(matches.map(({ id, score }) => `${id} ${score}`));
 */
export async function answerSearch(
  collection: Collection,
  request: SearchQuery,
  image: Uint8Array<ArrayBuffer> | null,
  { decodeImage, measure = (_step, work) => work() }: SearchTools,
): Promise<SearchAnswer> {
  const wanted = resolveMode(request, collection);
  const resolved: Resolved = await measure('encode', () =>
    resolveQuery(collection, request, image, decodeImage).catch((error: unknown) =>
      withoutEncoder(error, wanted),
    ),
  );
  const { embedding, truncated, encoder, exclude, fallback } = resolved;
  const mode = fallback ? 'keyword' : wanted;
  const { text, target, limit, cursor, efSearch } = request;
  const { matches, nextCursor, effort, partial } = await measure('search', () =>
    searchCollection(collection, {
      ...{ embedding, text, exclude, target, mode, limit, cursor, efSearch },
    }),
  );
  return {
    count: matches.length,
    matches,
    nextCursor,
    mode,
    effort,
    ...(fallback && { fallback }),
    ...(truncated && { truncated }),
    ...(partial && { partial }),
    encoder,
    index: collection.reference,
  };
}

type Resolved = Omit<ResolvedQuery, 'embedding'> &
  Pick<SearchAnswer, 'fallback'> & { readonly embedding: Float32Array | null };

/** Go on with the words alone where a search by words and vectors, or by words, lacks an encoder. */
function withoutEncoder(error: unknown, mode: SearchAnswer['mode']): Resolved {
  const isAway = error instanceof DiptychError && error.code === 'encoder_unavailable';
  if (!isAway || mode === 'vector') throw error;
  const resolved = { embedding: null, truncated: false, encoder: null };
  if (mode === 'keyword') return resolved;
  return { ...resolved, fallback: { code: error.code, message: error.message } };
}
