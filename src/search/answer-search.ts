import type { SearchResponse } from '../http/api.ts';
import type { Collection } from './collection.ts';
import { resolveMode, resolveQuery, type DecodeImage, type SearchQuery } from './resolve-query.ts';
import { searchCollection } from './search-collection.ts';

/** The functions of a search that depend on the runtime. */
export interface SearchTools {
  readonly decodeImage: DecodeImage;
  /** Measures the time of each step. By default nothing is measured. */
  measure?<T>(step: 'encode' | 'search', work: () => Promise<T>): Promise<T>;
}

export type SearchAnswer = Omit<SearchResponse, 'encoder' | 'timings'>;

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
  const mode = resolveMode(request, collection);
  const { embedding, truncated, exclude } = await measure('encode', () =>
    resolveQuery(collection, request, image, decodeImage),
  );
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
    ...(truncated && { truncated }),
    ...(partial && { partial }),
    index: collection.reference,
  };
}
