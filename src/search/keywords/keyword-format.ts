import { z } from 'zod';
import { DiptychError } from '../../errors.ts';

/**
 * Fields of a group, the most important first. A term counts once, in the first field that has it.
 */
export const keywordFields = ['names', 'tags', 'other', 'suggested'] as const;

/** The fields with texts that the items have. The field `suggested` has guessed texts. */
export const ownFields = ['names', 'tags', 'other'] as const;

/** Position of `suggested` in {@link keywordFields}. */
export const suggestedField = keywordFields.indexOf('suggested');

/** The use of a term in a group. It is stored as the number `group * 8 + field * 2 + whole`. */
export interface Posting {
  readonly group: number;
  /** Position in {@link keywordFields}. */
  readonly field: number;
  /** Whether the term is a whole name or keyword, not one word of it. */
  readonly whole: boolean;
}

export function packPosting({ group, field, whole }: Posting): number {
  return group * 8 + field * 2 + (whole ? 1 : 0);
}

export function unpackPosting(packed: number): Posting {
  return { group: packed >>> 3, field: fieldOf(packed), whole: (packed & 1) === 1 };
}

/** Position in {@link keywordFields}. */
export function fieldOf(packed: number): number {
  return (packed >>> 1) & 3;
}

/**
 * Only the type of the array is checked: it has about 10^5 numbers, and the manifest has a
 * checksum.
 */
const integers = z.custom<readonly number[]>(Array.isArray, 'expected an array');
const schema = z.object({
  /**
   * 2 where the index has suggested texts. A reader of format 1 would weigh them like other texts.
   */
  formatVersion: z.literal([1, 2]),
  /** Item ordinals of each group. */
  items: z.custom<readonly (readonly number[])[]>(Array.isArray, 'expected an array'),
  /** Sorted terms, with a newline after each. A name of several words is a term, too. */
  terms: z.string(),
  /** The number of postings of each term. */
  counts: integers,
  /** Postings of the first term, then of the next one; each is the difference to the one before. */
  postings: integers,
  /** The number of tokens of each group, for each of `ownFields`. */
  lengths: z.array(integers).length(ownFields.length),
  /** Confidence of each posting in the suggested field, in their order: 1 to 100 hundredths. */
  confidences: integers.default([]),
});
export type StoredKeywords = z.infer<typeof schema>;

/** @throws DiptychError `index_unreadable` */
export function parseKeywords(json: string): StoredKeywords {
  let stored: StoredKeywords;
  try {
    stored = schema.parse(JSON.parse(json));
  } catch (cause) {
    throw new DiptychError(
      'index_unreadable',
      `keywords.json: expected a keyword index of format 1 or 2: ${cause instanceof Error ? cause.message : String(cause)}`,
      undefined,
      { cause },
    );
  }
  const expected = stored.counts.reduce((sum, count) => sum + count, 0);
  if (stored.postings.length !== expected) {
    throw new DiptychError(
      'index_unreadable',
      `keywords.json: expected ${expected} postings as its counts say, got ${stored.postings.length}`,
    );
  }
  return stored;
}
