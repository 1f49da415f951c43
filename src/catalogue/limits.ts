import { badRequest } from '../bad-request.ts';

/** What the columns of both databases hold, in characters. */
export const catalogueLimits = {
  collection: 63,
  itemId: 255,
  /** Set names, labels, names of label sets and of API keys. */
  name: 255,
  title: 10_000,
  caption: 10_000,
  /** Small enough that a full page of items stays below the 100,000 rows of a PlanetScale answer. */
  captions: 150,
  tags: 1000,
  /** Length of the JSON. */
  metadata: 100_000,
  metadataLevels: 100,
  /** Length of a reason in the ledger; a longer one is cut off. */
  reason: 1000,
  code: 64,
  /** Rows of a page. */
  page: 500,
} as const;

/**
 * Whether a text can be the id of an item.
 *
 * MySQL ignores spaces at the end of a text when it compares, and sorts control characters before
 * spaces. With such ids the two databases would not agree on which ids are equal and how they sort.
 */
export function isItemId(id: string): boolean {
  const { length } = [...id];
  return (
    length > 0 &&
    length <= catalogueLimits.itemId &&
    id.trim() === id &&
    !/[\p{Control}\p{Surrogate}]/u.test(id) &&
    !hasDotPart(id)
  );
}

/**
 * Whether a part of an id between slashes is "." or "..". Clients take such parts out of addresses,
 * so the address of the item would lead to another one.
 */
export function hasDotPart(id: string): boolean {
  return /(^|[/\\])\.{1,2}($|[/\\])/.test(id);
}

/**
 * Refuse a text that is too long.
 *
 * @param what - the name of the text in the error
 * @throws DiptychError bad_request
 */
export function checkLength(what: string, text: string | null | undefined, limit: number): void {
  const length = text?.length ?? 0;
  if (length <= limit) return;
  throw badRequest(what, `expected at most ${limit} characters, got ${length}`);
}

/** The number of rows in a page: what was asked for, but at least 1 and at most the limit. */
export function pageSize(limit: number): number {
  return Math.max(1, Math.min(Math.trunc(limit) || 1, catalogueLimits.page));
}
