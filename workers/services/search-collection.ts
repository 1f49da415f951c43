import { apiLimits, type Match, type SearchMode } from '../../src/api.ts';
import { defaults } from '../../src/config.ts';
import { rankByKeywords, rankHybrid } from '../../src/query/fusion.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { captionMatch, itemMatch } from './describe-match.ts';
import type { Collection } from './open-collection.ts';

export interface Query {
  /** [embedDim] */
  readonly embedding: Float32Array;
  /** Given where the query is text. */
  readonly text?: string;
  /** Ordinal of the item that is the query: no result of itself. */
  readonly exclude?: number;
  readonly target: 'image' | 'caption';
  readonly mode: SearchMode;
  readonly limit: number;
  readonly cursor?: string;
}

export interface Page {
  readonly matches: Match[];
  readonly nextCursor: string | null;
}

interface Ranked {
  readonly id: number;
  readonly score: number;
  readonly cosine?: number;
}

/**
 * How many results are ranked, by how many are wanted: pages of the same tier are slices of one
 * ranking, whatever `efSearch` and fusion make of the number.
 */
const tiers = [defaults.maxLimit + 1, apiLimits.window + 1];

/** Search an index version. @throws DiptychError bad_request (cursor), model_mismatch (dimension) */
export function searchCollection(collection: Collection, query: Query): Page {
  const { version } = collection.reference;
  const offset = readCursor(query.cursor, version);
  const end = Math.min(offset + query.limit, apiLimits.window);
  const depth = tiers.find((tier) => end < tier) ?? tiers[tiers.length - 1];
  const ranked = rank(collection, query, depth);
  const describe = query.target === 'caption' ? captionMatch : itemMatch;
  return {
    matches: ranked.slice(offset, end).map((one) => describe(collection, one)),
    nextCursor:
      ranked.length > end && end < apiLimits.window ? writeCursor({ version, offset: end }) : null,
  };
}

function rank(collection: Collection, query: Query, depth: number): readonly Ranked[] {
  const { images, captions, keywords, manifest } = collection;
  const { embedding, text, exclude, mode, target } = query;
  if (target === 'caption') return nearest(captions.search(embedding, depth));
  if (text === undefined || mode === 'vector') {
    const found = nearest(images.search(embedding, exclude === undefined ? depth : depth + 1));
    return found.filter(({ id }) => id !== exclude).slice(0, depth);
  }
  const score = (ids: readonly number[]) => images.score(embedding, ids);
  if (mode === 'keyword') return rankByKeywords(keywords, text, depth, score);
  const found = images.search(embedding, depth);
  return rankHybrid(keywords, text, found, score, manifest.fusion, depth);
}

function nearest(found: { ids: Uint32Array; scores: Float32Array }): Ranked[] {
  return Array.from(found.ids, (id, i) => ({
    id,
    score: found.scores[i],
    cosine: found.scores[i],
  }));
}
