import {
  apiLimits,
  type Match,
  type PartialAnswer,
  type SearchEffort,
  type SearchMode,
} from '../api.ts';
import type { VectorIndex } from '../artifact/manifest.ts';
import { defaults } from '../config.ts';
import type { Matches } from '../hnsw/searcher.ts';
import { rankByKeywords, rankHybrid } from './fusion.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { captionMatch, itemMatch } from './describe-match.ts';
import type { Collection } from './collection.ts';
import { joinPartial } from './vector-search.ts';

export interface Query {
  /** [embedDim] */
  readonly embedding: Float32Array;
  /** Given where the query is text. */
  readonly text?: string;
  /** Ordinal of the item that is the query, which is left out of its own results. */
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
  readonly partial?: PartialAnswer;
}

interface Ranked {
  readonly id: number;
  readonly score: number;
  readonly cosine?: number;
}

interface Ranking {
  readonly ranked: readonly Ranked[];
  readonly effort: SearchEffort | null;
  readonly partial?: PartialAnswer;
}

/**
 * How many results are ranked: the first of these that the wanted page lies within. What is found
 * depends on this number, so pages within one of them are slices of one ranking.
 */
const tiers = [defaults.maxLimit + 1, apiLimits.window + 1];

/** Search an index version. @throws DiptychError bad_request (cursor), model_mismatch (dimension) */
export async function searchCollection(collection: Collection, query: Query): Promise<Page> {
  const { version } = collection.reference;
  const offset = readCursor(query.cursor, version);
  const end = Math.min(offset + query.limit, apiLimits.window);
  const depth = tiers.find((tier) => end < tier) ?? tiers[tiers.length - 1];
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

async function rank(collection: Collection, query: Query, depth: number): Promise<Ranking> {
  const { images, captions, keywords, manifest } = collection;
  const { embedding, text, exclude, mode, target, efSearch } = query;
  if (target === 'caption') {
    const found = await captions.search(embedding, depth, { efSearch });
    const { partial } = found;
    return { ranked: nearest(found), effort: effortOf(found, manifest.caption), partial };
  }
  let partial: PartialAnswer | undefined;
  const score = async (ids: readonly number[]) => {
    const scores = await images.score(embedding, ids);
    partial = joinPartial(partial, scores.partial);
    // An item whose vector cannot be asked counts as an unrelated picture: its words alone rank it.
    return scores.cosines.map((cosine) => (isNaN(cosine) ? manifest.fusion.cosineMean : cosine));
  };
  if (text !== undefined && mode === 'keyword') {
    const ranked = await rankByKeywords(keywords, text, depth, score);
    return { ranked, effort: null, partial };
  }
  const searching = images.search(embedding, exclude === undefined ? depth : depth + 1, {
    efSearch,
  });
  const isHybrid = text !== undefined && mode === 'hybrid';
  const ranked = isHybrid
    ? await rankHybrid(keywords, text, searching, score, manifest.fusion, depth)
    : nearest(await searching).filter(({ id }) => id !== exclude);
  const found = await searching;
  const effort = effortOf(found, manifest.image);
  return { ranked: ranked.slice(0, depth), effort, partial: joinPartial(partial, found.partial) };
}

function nearest({ ids, scores }: Matches): Ranked[] {
  return Array.from(ids, (id, i) => ({ id, score: scores[i], cosine: scores[i] }));
}

function effortOf({ exhaustive, efSearch }: Matches, { effort }: VectorIndex): SearchEffort {
  const measured = effort.findLast((one) => one.efSearch <= efSearch);
  const annRecallAt10 = measured?.annRecallAt10 ?? null;
  return { approximate: !exhaustive, efSearch, annRecallAt10 };
}
