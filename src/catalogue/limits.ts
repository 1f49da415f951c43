import { DiptychError } from '../errors.ts';

/** What the columns of both databases hold, in characters. */
export const catalogueLimits = {
  collection: 63,
  itemId: 255,
  /** Set names, labels, names of label sets and of API keys. */
  name: 255,
  title: 10_000,
  caption: 10_000,
  /** With a page of items, below the 100,000 rows that PlanetScale answers with. */
  captions: 150,
  tags: 1000,
  /** Of the JSON. */
  metadata: 100_000,
  /** Of a reason in the ledger; what is longer is cut off. */
  reason: 1000,
  code: 64,
  /** Rows of a page. */
  page: 500,
} as const;

/**
 * Whether a text can be the id of an item.
 *
 * MySQL takes no notice of spaces at the end when it compares, and sorts control characters before
 * them: such ids would be the same, or in another order, in one database and not in the other.
 */
export function isItemId(id: string): boolean {
  const { length } = [...id];
  return (
    length > 0 &&
    length <= catalogueLimits.itemId &&
    id.trim() === id &&
    !/[\p{Control}\p{Surrogate}]/u.test(id)
  );
}

/**
 * @param what - names the text in the error
 * @throws DiptychError bad_request
 */
export function checkLength(what: string, text: string | null | undefined, limit: number): void {
  const length = text?.length ?? 0;
  if (length <= limit) return;
  throw new DiptychError(
    'bad_request',
    `${what}: expected at most ${limit} characters, got ${length}`,
  );
}

/** The number of rows of a page, from one to the limit. */
export function pageSize(limit: number): number {
  return Math.max(1, Math.min(Math.trunc(limit) || 1, catalogueLimits.page));
}
