import type { FusionWeights } from '../version/fusion-weights.ts';
import type { KeywordHit, KeywordIndex } from './keywords/keyword-index.ts';

export interface RankedItem {
  /** Ordinal of the item or caption. */
  readonly id: number;
  /** Larger is closer; the scale is that of the mode. */
  readonly score: number;
  /** What the two sides say, where asked. */
  readonly keyword?: number;
  readonly cosine?: number;
}

/** Cosines of the query with items, in their order: `searcher.score` bound to the query. */
export type ScoreItems = (ids: readonly number[]) => Awaitable<ArrayLike<number>>;

/** Vectors may be in this isolate or in others. */
type Awaitable<T> = T | Promise<T>;

/** Groups of the keyword side that are expanded into items, at least. */
const minimumGroups = 50;

/**
 * Rank items by keywords; those of one group, which share their texts, by the image itself.
 *
 * @param scoreItems - left out where the query has no embedding: order of the items
 */
export async function rankByKeywords(
  index: KeywordIndex,
  query: string,
  limit: number,
  scoreItems?: ScoreItems,
): Promise<RankedItem[]> {
  const ranked = await expand(index, index.search(query, limit), scoreItems);
  return ranked.sort((a, b) => b.score - a.score || closer(a, b)).slice(0, limit);
}

/**
 * Rank items by keywords and by vectors together.
 *
 * score = keyword (0 to 1) + weight * z, where z is the cosine in standard deviations above that
 * of unrelated pairs. The weight is small, so that a word that is matched outranks a resemblance,
 * which decides between equals and where words are missing.
 *
 * @param nearest - best items by cosine, as the searcher finds them
 * @param scoreItems - cosines of items that only the keyword side found
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
    .sort((a, b) => b.score - a.score || closer(a, b))
    .slice(0, limit);
}

async function expand(
  index: KeywordIndex,
  hits: readonly KeywordHit[],
  scoreItems?: ScoreItems,
): Promise<RankedItem[]> {
  // An item may be in several groups; the first hit is its best.
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

function closer(a: RankedItem, b: RankedItem): number {
  return (b.cosine ?? 0) - (a.cosine ?? 0) || a.id - b.id;
}
