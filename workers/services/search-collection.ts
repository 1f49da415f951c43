import { apiLimits, type Match, type SearchEffort, type SearchMode } from '../../src/api.ts';
import type { VectorIndex } from '../../src/artifact/manifest.ts';
import { defaults } from '../../src/config.ts';
import type { Matches } from '../../src/hnsw/searcher.ts';
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
  readonly efSearch?: number;
}

export interface Page {
  readonly matches: Match[];
  readonly nextCursor: string | null;
  readonly effort: SearchEffort | null;
}

interface Ranked {
  readonly id: number;
  readonly score: number;
  readonly cosine?: number;
}

interface Ranking {
  readonly ranked: readonly Ranked[];
  readonly effort: SearchEffort | null;
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
  const { ranked, effort } = rank(collection, query, depth);
  const describe = query.target === 'caption' ? captionMatch : itemMatch;
  return {
    matches: ranked.slice(offset, end).map((one) => describe(collection, one)),
    nextCursor:
      ranked.length > end && end < apiLimits.window ? writeCursor({ version, offset: end }) : null,
    effort,
  };
}

function rank(collection: Collection, query: Query, depth: number): Ranking {
  const { images, captions, keywords, manifest } = collection;
  const { embedding, text, exclude, mode, target, efSearch } = query;
  if (target === 'caption') {
    const found = captions.search(embedding, depth, { efSearch });
    return { ranked: nearest(found), effort: effortOf(found, manifest.caption) };
  }
  const score = (ids: readonly number[]) => images.score(embedding, ids);
  if (text !== undefined && mode === 'keyword') {
    return { ranked: rankByKeywords(keywords, text, depth, score), effort: null };
  }
  const count = exclude === undefined ? depth : depth + 1;
  const found = images.search(embedding, count, { efSearch });
  const effort = effortOf(found, manifest.image);
  if (text === undefined || mode === 'vector') {
    const others = nearest(found).filter(({ id }) => id !== exclude);
    return { ranked: others.slice(0, depth), effort };
  }
  return { ranked: rankHybrid(keywords, text, found, score, manifest.fusion, depth), effort };
}

function nearest({ ids, scores }: Matches): Ranked[] {
  return Array.from(ids, (id, i) => ({ id, score: scores[i], cosine: scores[i] }));
}

function effortOf({ exhaustive, efSearch }: Matches, { effort }: VectorIndex): SearchEffort {
  const measured = effort.findLast((one) => one.efSearch <= efSearch);
  const annRecallAt10 = measured?.annRecallAt10 ?? null;
  return { approximate: !exhaustive, efSearch, annRecallAt10 };
}
