import type { RowProducts } from './row-products.ts';

/** Nodes and their inner products with some node, best first. */
export interface Candidates {
  readonly ids: ArrayLike<number>;
  readonly scores: ArrayLike<number>;
  readonly size: number;
}

/** Order nodes by their inner product with node `id`, best first. */
export function orderByProduct(
  products: RowProducts,
  id: number,
  others: readonly number[],
): Candidates {
  products.ids.set(others);
  products.multiply(id, others.length);
  const scores = products.products.slice(0, others.length);
  const order = others.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  return {
    ids: order.map((i) => others[i]),
    scores: order.map((i) => scores[i]),
    size: order.length,
  };
}

/** The links to choose for a node. */
export interface LinkWish {
  /** Largest number of links. */
  readonly limit: number;
  /** Links that the node keeps in any case, at most `limit`. */
  readonly taken?: readonly number[];
  /** Refused candidates fill up to this number of links (keepPrunedConnections of Alg. 4). */
  readonly atLeast?: number;
}

/**
 * Choose links that lead in different directions (SELECT-NEIGHBORS-HEURISTIC, Malkov & Yashunin
 * 2018, Alg. 4): a candidate is taken if it is nearer to the node than to any that was taken before.
 * If there is room for all candidates, all are taken, as in hnswlib.
 */
export function selectNeighbours(
  products: RowProducts,
  { ids, scores, size }: Candidates,
  { limit, taken = [], atLeast = 0 }: LinkWish,
): number[] {
  const selected = [...taken];
  if (selected.length + size <= limit) return selected.concat(Array.from(ids).slice(0, size));
  const refused: number[] = [];
  products.ids.set(selected);
  for (let i = 0; i < size && selected.length < limit; i++) {
    if (products.anyAbove(ids[i], selected.length, scores[i])) refused.push(ids[i]);
    else {
      products.ids[selected.length] = ids[i];
      selected.push(ids[i]);
    }
  }
  return selected.concat(refused.slice(0, Math.max(0, atLeast - selected.length)));
}
