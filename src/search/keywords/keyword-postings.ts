import { DiptychError } from '../../errors.ts';
import { fieldOf, suggestedField, unpackPosting } from './keyword-format.ts';
import type { Posting, StoredKeywords } from './keyword-format.ts';
import { prefixSums } from './prefix-sums.ts';

export interface WeighedPosting extends Posting {
  /** Above 0 and at most 1. It is 1 where the term was not guessed. */
  readonly confidence: number;
}

/** The number of groups that have a term. */
export interface TermCount {
  /** Groups that have it in texts that were not guessed. */
  readonly own: number;
  /** The same, plus the confidences of the groups for which it was guessed. */
  readonly expected: number;
}

export interface Postings {
  visit(term: number, visit: (posting: WeighedPosting) => void): void;
  count(term: number): TermCount;
}

/** @throws DiptychError `index_unreadable` when there are too few or too many confidences */
export function openPostings(stored: StoredKeywords): Postings {
  const starts = prefixSums(stored.counts);
  const packed = decodePostings(stored.postings, starts);
  const confidences = placeConfidences(packed, stored.confidences);
  return {
    visit(term, visit) {
      for (let at = starts[term]!; at < starts[term + 1]!; at++) {
        const { group, field, whole } = unpackPosting(packed[at]!);
        const confidence = confidences === undefined ? 1 : confidences[at]! / 100;
        visit({ group, field, whole, confidence });
      }
    },
    count(term) {
      const all = starts[term + 1]! - starts[term]!;
      if (confidences === undefined) return { own: all, expected: all };
      let own = 0;
      let guessed = 0;
      for (let at = starts[term]!; at < starts[term + 1]!; at++) {
        if (fieldOf(packed[at]!) === suggestedField) guessed += confidences[at]!;
        else own += 1;
      }
      return { own, expected: own + guessed / 100 };
    },
  };
}

function decodePostings(deltas: readonly number[], starts: Uint32Array): Uint32Array {
  const postings = Uint32Array.from(deltas);
  for (let term = 0; term + 1 < starts.length; term++) {
    for (let at = starts[term]! + 1; at < starts[term + 1]!; at++) {
      postings[at]! += postings[at - 1]!;
    }
  }
  return postings;
}

/** Give each posting its confidence, hundredths. @returns undefined for an index without guesses */
function placeConfidences(
  postings: Uint32Array,
  confidences: readonly number[],
): Uint8Array | undefined {
  const placed = confidences.length > 0 ? new Uint8Array(postings.length).fill(100) : undefined;
  let next = 0;
  for (const [at, packed] of postings.entries()) {
    if (fieldOf(packed) !== suggestedField) continue;
    if (placed) placed[at] = confidences[next] ?? 0;
    next += 1;
  }
  if (next !== confidences.length) {
    throw new DiptychError(
      'index_unreadable',
      `keywords.json: expected ${next} confidences as its postings say, got ${confidences.length}`,
    );
  }
  return placed;
}
