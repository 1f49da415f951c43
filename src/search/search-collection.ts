import { apiLimits, type Match, type PartialAnswer, type SearchEffort } from '../http/api.ts';
import { defaults } from '../config.ts';
import type { Collection } from './collection.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { captionMatch, itemMatch } from './describe-match.ts';
import { rank, type RankedQuery } from './rank.ts';

export interface Query extends RankedQuery {
  readonly limit: number;
  readonly cursor?: string;
}

export interface Page {
  readonly matches: Match[];
  readonly nextCursor: string | null;
  readonly effort: SearchEffort | null;
  readonly partial?: PartialAnswer;
}

/**
 * The number of results that are ranked: the first of these numbers that includes the requested
 * page. The ranking depends on this number, so all pages within it are slices of the same ranking.
 */
const deepest = apiLimits.window + 1;
const tiers = [defaults.maxLimit + 1, deepest];

/**
 * Search an index version.
 *
 * @throws DiptychError bad_request (cursor), model_mismatch (dimension)
 *
 * @example
 * const { embedding } = await collection.model.encodeText('a birthday cake');
 * const query = { embedding, target: 'image', mode: 'vector', limit: 10 } as const;
 * const { matches, nextCursor } = await searchCollection(collection, query);
 * const next = await searchCollection(collection, { ...query, cursor: nextCursor ?? undefined });
 */
export async function searchCollection(collection: Collection, query: Query): Promise<Page> {
  const { version } = collection.reference;
  const offset = readCursor(query.cursor, version);
  const end = Math.min(offset + query.limit, apiLimits.window);
  const depth = tiers.find((tier) => end < tier) ?? deepest;
  const { ranked, effort, partial } = await rank(collection, query, depth);
  const describe = query.target === 'caption' ? captionMatch : itemMatch;
  return {
    matches: ranked.slice(offset, end).map((one) => describe(collection, one)),
    nextCursor:
      ranked.length > end && end < apiLimits.window ? writeCursor({ version, offset: end }) : null,
    effort,
    ...(partial && { partial }),
  };
}
