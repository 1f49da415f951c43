import { z } from 'zod';
import { DiptychError } from '../errors.ts';

/** Fields of a group, the most telling first; a term counts once a group, in the first that has it. */
export const keywordFields = ['names', 'tags', 'other'] as const;

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
  return { group: packed >>> 3, field: (packed >>> 1) & 3, whole: (packed & 1) === 1 };
}

/** Not looked into: there are some 10^5, and the manifest's checksum answers for them. */
const integers = z.custom<readonly number[]>(Array.isArray, 'expected an array');
const schema = z.object({
  formatVersion: z.literal(1),
  /** Item ordinals of each group. */
  items: z.custom<readonly (readonly number[])[]>(Array.isArray, 'expected an array'),
  /** Ascending terms, each ended by a newline; a name of several words is a term as well. */
  terms: z.string(),
  /** Postings of each term. */
  counts: integers,
  /** Postings, term after term, each the difference to the one before in its term. */
  postings: integers,
  /** Tokens of each group in each field, field after field. */
  lengths: z.array(integers).length(keywordFields.length),
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
      `keywords.json: not a keyword index of format 1: ${cause instanceof Error ? cause.message : String(cause)}`,
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
