import type { PartialAnswer, SearchEffort, SearchMode } from '../http/api.ts';
import type { VectorIndex } from '../version/manifest.ts';
import type { Matches } from '../hnsw/searcher.ts';
import type { Collection } from './collection.ts';
import { rankByKeywords, rankHybrid, type RankedItem } from './fusion.ts';
import { joinPartial } from './vector-search.ts';

export interface RankedQuery {
  /** [embedDim]; null where nothing could encode the text, whose words alone then rank. */
  readonly embedding: Float32Array | null;
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
  const { embedding, text = '', target } = query;
  if (embedding === null) return rankWords(collection, text, depth);
  return target === 'caption'
    ? rankCaptions(collection, { ...query, embedding }, depth)
    : rankItems(collection, { ...query, embedding }, depth);
}

type EmbeddedQuery = RankedQuery & { readonly embedding: Float32Array };

/** Without an embedding, every picture counts as an unrelated one. */
async function rankWords(
  { keywords, manifest }: Collection,
  text: string,
  depth: number,
): Promise<Ranking> {
  const score = async (ids: readonly number[]) => ids.map(() => manifest.fusion.cosineMean);
  return { ranked: await rankByKeywords(keywords, text, depth, score), effort: null };
}

async function rankCaptions(
  { captions, manifest }: Collection,
  { embedding, efSearch }: EmbeddedQuery,
  depth: number,
): Promise<Ranking> {
  const found = await captions.search(embedding, depth, { efSearch });
  const { partial } = found;
  return { ranked: nearest(found), effort: effortOf(found, manifest.caption), partial };
}

async function rankItems(
  { images, keywords, manifest }: Collection,
  { embedding, text, exclude, mode, efSearch }: EmbeddedQuery,
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
