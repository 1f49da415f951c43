import { z } from 'zod';
import { DiptychError } from '../../errors.ts';

/** Fields of a group, the most telling first; a term counts once a group, in the first that has it. */
export const keywordFields = ['names', 'tags', 'other', 'suggested'] as const;

/** Those that hold texts of the items themselves; the last holds what was guessed of them. */
export const ownFields = ['names', 'tags', 'other'] as const;

/** Position of the guessed texts in {@link keywordFields}. */
export const suggestedField = keywordFields.indexOf('suggested');

/** What a posting says of a term in a group; its number is `group * 8 + field * 2 + whole`. */
export interface Posting {
  readonly group: number;
  /** Position in {@link keywordFields}. */
  readonly field: number;
  /** The term is all of a name or keyword, not a word of it. */
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

/** Not looked into: there are some 10^5, and the manifest's checksum answers for them. */
const integers = z.custom<readonly number[]>(Array.isArray, 'expected an array');
const schema = z.object({
  /** 2: there are suggested texts, which a reader of 1 would not know to weigh. */
  formatVersion: z.literal([1, 2]),
  /** Item ordinals of each group. */
  items: z.custom<readonly (readonly number[])[]>(Array.isArray, 'expected an array'),
  /** Ascending terms, each ended by a newline; a name of several words is a term as well. */
  terms: z.string(),
  /** Postings of each term. */
  counts: integers,
  /** Postings, term after term, each the difference to the one before in its term. */
  postings: integers,
  /** Tokens of each group in each of its own fields, field after field. */
  lengths: z.array(integers).length(ownFields.length),
  /** Of each posting in the suggested field, in their order: 1 to 100, hundredths. */
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
      `keywords.json: not a keyword index of format 1 or 2: ${cause instanceof Error ? cause.message : String(cause)}`,
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
