import type { SearchResponse } from '../http/api.ts';
import type { Collection } from './collection.ts';
import { resolveMode, resolveQuery, type DecodeImage, type SearchQuery } from './resolve-query.ts';
import { searchCollection } from './search-collection.ts';

/** What the runtime gives to a search. */
export interface SearchTools {
  readonly decodeImage: DecodeImage;
  /** Measures the steps; by default nothing does. */
  measure?<T>(step: 'encode' | 'search', work: () => Promise<T>): Promise<T>;
}

export type SearchAnswer = Omit<SearchResponse, 'encoder' | 'timings'>;

/**
 * Answer a search, whoever asks: the worker, the command or the page of a static site.
 *
 * @param request - checked by `checkQuery`
 * @param image - the query where it is an image: an encoded one, such as a PNG
 * @throws DiptychError bad_request, empty_query, unknown_item, model_mismatch or what
 *   `tools.decodeImage` throws
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
