import type { FusionWeights } from '../version/fusion-weights.ts';
import type { KeywordHit, KeywordIndex } from './keywords/keyword-index.ts';

export interface RankedItem {
  /** Ordinal of the item or caption. */
  readonly id: number;
  /** Larger is better. The scale depends on the mode. */
  readonly score: number;
  /** Score of the keyword side, where there is one. */
  readonly keyword?: number;
  /** Score of the vector side, where there is one. */
  readonly cosine?: number;
}

/** Computes the cosines of the query with items, in their order, like `searcher.score`. */
export type ScoreItems = (ids: readonly number[]) => Awaitable<ArrayLike<number>>;

/** Vectors of this isolate answer at once, those of others later. */
type Awaitable<T> = T | Promise<T>;

/** The keyword side finds at least so many groups, whose items are then ranked. */
const minimumGroups = 50;

/**
 * Rank items by keywords. The items of a group share their texts, so they are ranked by cosine.
 *
 * @param scoreItems - left out where the query has no embedding; items of a group keep their order
 *   then
 */
export async function rankByKeywords(
  index: KeywordIndex,
  query: string,
  limit: number,
  scoreItems?: ScoreItems,
): Promise<RankedItem[]> {
  const ranked = await expand(index, index.search(query, limit), scoreItems);
  return ranked.sort((a, b) => b.score - a.score || byCosine(a, b)).slice(0, limit);
}

/**
 * Rank items by keywords and by vectors together.
 *
 * score = keyword (0 to 1) + weight * z. Here z says how many standard deviations the cosine lies
 * above the mean cosine of unrelated pairs. The weight is small, so that a matching word counts
 * more than a similar picture. The picture decides between items with equal words, and where no
 * word matches.
 *
 * @param nearest - the best items by cosine, as the searcher finds them
 * @param scoreItems - computes the cosines of the items that the keyword side found
 */
export async function rankHybrid(
  index: KeywordIndex,
  query: string,
  nearest: Awaitable<{ readonly ids: ArrayLike<number>; readonly scores: ArrayLike<number> }>,
  scoreItems: ScoreItems,
  weights: FusionWeights,
  limit: number,
): Promise<RankedItem[]> {
  const hits = index.search(query, Math.max(limit, minimumGroups));
  const [matched, { ids, scores }] = await Promise.all([expand(index, hits, scoreItems), nearest]);
  const candidates = new Map(matched.map((item) => [item.id, item]));
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if (!candidates.has(id)) candidates.set(id, { id, score: 0, keyword: 0, cosine: scores[i]! });
  }
  return [...candidates.values()]
    .map((item) => {
      const z = ((item.cosine ?? 0) - weights.cosineMean) / weights.cosineDeviation;
      return { ...item, score: (item.keyword ?? 0) + weights.vector * z };
    })
    .sort((a, b) => b.score - a.score || byCosine(a, b))
    .slice(0, limit);
}

async function expand(
  index: KeywordIndex,
  hits: readonly KeywordHit[],
  scoreItems?: ScoreItems,
): Promise<RankedItem[]> {
  // An item may be in several groups. Hits are sorted, so its first hit has its best score.
  const keyword = new Map<number, number>();
  for (const hit of hits) {
    for (const id of index.itemsOf(hit.id)) if (!keyword.has(id)) keyword.set(id, hit.score);
  }
  const ids = [...keyword.keys()];
  const cosines = await scoreItems?.(ids);
  return ids.map((id, i) => {
    const score = keyword.get(id) ?? 0;
    return { id, score, keyword: score, ...(cosines && { cosine: cosines[i] }) };
  });
}

function byCosine(a: RankedItem, b: RankedItem): number {
  return (b.cosine ?? 0) - (a.cosine ?? 0) || a.id - b.id;
}
