import type { PartialAnswer, SearchEffort, SearchMode } from '../http/api.ts';
import type { VectorIndex } from '../version/manifest.ts';
import type { Matches } from '../hnsw/searcher.ts';
import type { Collection } from './collection.ts';
import { rankByKeywords, rankHybrid, type RankedItem } from './fusion.ts';
import { joinPartial } from './vector-search.ts';

export interface RankedQuery {
  /** [embedDim] */
  readonly embedding: Float32Array;
  /** Given where the query is text. */
  readonly text?: string;
  /** Ordinal of the item that is the query. It is left out of the results. */
  readonly exclude?: number;
  readonly target: 'image' | 'caption';
  readonly mode: SearchMode;
  readonly efSearch?: number;
}

export interface Ranking {
  /** The best first. Ids are ordinals of items, or of captions where captions are the target. */
  readonly ranked: readonly RankedItem[];
  /** Null where only words were searched for. */
  readonly effort: SearchEffort | null;
  readonly partial?: PartialAnswer;
}

/** Rank the best `depth` items or captions of a collection. @throws DiptychError model_mismatch */
export function rank(collection: Collection, query: RankedQuery, depth: number): Promise<Ranking> {
  return query.target === 'caption'
    ? rankCaptions(collection, query, depth)
    : rankItems(collection, query, depth);
}

async function rankCaptions(
  { captions, manifest }: Collection,
  { embedding, efSearch }: RankedQuery,
  depth: number,
): Promise<Ranking> {
  const found = await captions.search(embedding, depth, { efSearch });
  const { partial } = found;
  return { ranked: nearest(found), effort: effortOf(found, manifest.caption), partial };
}

async function rankItems(
  { images, keywords, manifest }: Collection,
  { embedding, text, exclude, mode, efSearch }: RankedQuery,
  depth: number,
): Promise<Ranking> {
  let partial: PartialAnswer | undefined;
  const score = async (ids: readonly number[]) => {
    const scores = await images.score(embedding, ids);
    partial = joinPartial(partial, scores.partial);
    // An item whose vector cannot be scored counts as an unrelated picture, so only its words rank
    // it.
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

function nearest({ ids, scores }: Matches): RankedItem[] {
  return Array.from(ids, (id, i) => ({ id, score: scores[i]!, cosine: scores[i]! }));
}

function effortOf({ exhaustive, efSearch }: Matches, { effort }: VectorIndex): SearchEffort {
  const measured = effort.findLast((one) => one.efSearch <= efSearch);
  const annRecallAt10 = measured?.annRecallAt10 ?? null;
  return { approximate: !exhaustive, efSearch, annRecallAt10 };
}
