import { keywordFields, parseKeywords, unpackPosting } from './keyword-format.ts';
import { isUnspaced, keywordTokens, normaliseText } from './keyword-tokens.ts';
import { createLexicon } from './lexicon.ts';
import type { Lexicon } from './lexicon.ts';

export { buildKeywordIndex } from './build-keyword-index.ts';
export type { KeywordDoc } from './build-keyword-index.ts';

export interface KeywordHit {
  /** Group ordinal: `itemsOf(id)` are its items. */
  readonly id: number;
  /** 0 to 1: relative to the best hit, whose score is the share of the query that it matches. */
  readonly score: number;
}

export interface KeywordIndex {
  /** Number of groups. */
  readonly groups: number;
  /** Find groups by words, the best first. */
  search(query: string, limit: number): KeywordHit[];
  /** Item ordinals of a group. */
  itemsOf(group: number): readonly number[];
}

/** Heap that a loaded index takes per byte of its JSON, measured by `scripts/keyword-heap.ts`. */
export const keywordHeapFactor = 1.7;

const fieldBoost: Readonly<Record<(typeof keywordFields)[number], number>> = {
  names: 4,
  tags: 2,
  other: 1.5,
};
const boosts = keywordFields.map((field) => fieldBoost[field]);
/** BM25+, as in Lv & Zhai 2011; terms count once a group. */
const bm25 = { k: 1.2, b: 0.7, d: 0.5 } as const;
/** Weight of a term that begins with a query word, and of one that it may be a misspelling of. */
const inexactWeight = { prefix: 0.35, typo: 0.45 } as const;
/** Share of a query word that such a match counts for. */
const inexactShare = 0.6;
/** A keyword that is all of the query, rather than has it among its words. */
const wholeBoost = 1.3;
/** How far a group whose name is the query stands above the best other one. */
const namedBoost = 1.5;

/** Words that say nothing in a query, unless it has no others. */
const stopWords = new Set(
  'a an the of with and in on for to is are am be i me my we you it this that so at by from icon emoji picture image photo symbol'.split(
    ' ',
  ),
);

/**
 * Load an index that `buildKeywordIndex` wrote.
 *
 * @throws DiptychError `index_unreadable` when the JSON is not one
 */
export function loadKeywordIndex(json: string): KeywordIndex {
  const stored = parseKeywords(json);
  const groups = stored.items.length;
  const items = flatten(stored.items);
  const lexicon = createLexicon(stored.terms);
  const starts = prefixSums(stored.counts);
  const postings = decodePostings(stored.postings, starts);
  const norms = stored.lengths.map((lengths, field) =>
    keywordFields[field] === 'other' ? new Float32Array(groups).fill(1) : lengthNorms(lengths),
  );

  /** Add the matches of one query word: the best of its variants per group. */
  const matchWord = (word: string, isLast: boolean, scores: Float32Array, shares: Float32Array) => {
    const best = new Map<number, { score: number; share: number }>();
    for (const { ordinal, weight, share } of variants(lexicon, word, isLast)) {
      const count = starts[ordinal + 1] - starts[ordinal];
      const rarity = Math.log(1 + (groups - count + 0.5) / (count + 0.5));
      for (let at = starts[ordinal]; at < starts[ordinal + 1]; at++) {
        const { group, field } = unpackPosting(postings[at]);
        const score = weight * rarity * boosts[field] * norms[field][group];
        if (score > (best.get(group)?.score ?? 0)) best.set(group, { score, share });
      }
    }
    for (const [group, { score, share }] of best) {
      scores[group] += score;
      shares[group] += share;
    }
  };

  /** Groups of which a whole name is the query; those of which a keyword is get their boost. */
  const matchWhole = (query: string, scores: Float32Array): Set<number> => {
    const named = new Set<number>();
    const ordinal = lexicon.find(query);
    if (ordinal < 0) return named;
    for (let at = starts[ordinal]; at < starts[ordinal + 1]; at++) {
      const { group, field, whole } = unpackPosting(postings[at]);
      if (!whole) continue;
      if (keywordFields[field] === 'names') named.add(group);
      else scores[group] *= wholeBoost;
    }
    return named;
  };

  return {
    groups,
    itemsOf: (group) => [...items.values.subarray(items.starts[group], items.starts[group + 1])],
    search(query, limit) {
      const words = queryWords(query);
      const scores = new Float32Array(groups);
      const shares = new Float32Array(groups);
      words.forEach((word, i) => matchWord(word, i === words.length - 1, scores, shares));
      const named = matchWhole(normaliseText(query), scores);
      const found: { id: number; score: number }[] = [];
      for (let id = 0; id < groups; id++) {
        if (scores[id] > 0) found.push({ id, score: scores[id] * shares[id] });
      }
      if (found.length === 0) return [];
      const byScore = (a: KeywordHit, b: KeywordHit) => b.score - a.score || a.id - b.id;
      const exact = found.filter(({ id }) => named.has(id)).sort(byScore);
      const others = found.filter(({ id }) => !named.has(id)).sort(byScore);
      if (exact.length > 0) {
        const unit = 1 / (namedBoost * Math.max(exact[0].score, others[0]?.score ?? 0));
        const rest = others.map(({ id, score }) => ({ id, score: score * unit }));
        return [...exact.map(({ id }) => ({ id, score: 1 })), ...rest].slice(0, limit);
      }
      const unit = shares[others[0].id] / words.length / others[0].score;
      return others.slice(0, limit).map(({ id, score }) => ({ id, score: score * unit }));
    },
  };
}

/** Terms of the index that a query word may mean, itself first. */
function* variants(lexicon: Lexicon, word: string, isLast: boolean) {
  const exact = lexicon.find(word);
  if (exact >= 0) yield { ordinal: exact, weight: 1, share: 1 };
  const unspaced = isUnspaced(word);
  // Somebody may still be typing the last word.
  if (unspaced || (isLast && word.length >= 3)) {
    const [first, end] = lexicon.startingWith(word);
    for (let ordinal = first; ordinal < end; ordinal++) {
      if (ordinal === exact) continue;
      const rest = lexicon.lengthOf(ordinal) - word.length;
      const weight = (inexactWeight.prefix * word.length) / (word.length + 0.3 * rest);
      yield { ordinal, weight, share: inexactShare };
    }
  }
  // A word that the index knows is no misspelling, and short words all resemble others.
  if (exact >= 0 || unspaced || word.length < 4) return;
  for (const { ordinal, edits } of lexicon.near(word, word.length < 8 ? 1 : 2)) {
    const weight = (inexactWeight.typo * word.length) / (word.length + edits);
    yield { ordinal, weight, share: inexactShare };
  }
}

function queryWords(query: string): readonly string[] {
  const all = keywordTokens(query, 'query');
  const telling = all.filter((word) => !stopWords.has(word));
  return telling.length > 0 ? telling : all;
}

/**
 * BM25+ factor of a term that occurs once, by group: shorter fields say more. Not so those of
 * other languages, whose length is the number of languages that have annotated the concept.
 */
function lengthNorms(lengths: readonly number[]): Float32Array {
  const filled = lengths.filter((length) => length > 0);
  const average = filled.reduce((sum, length) => sum + length, 0) / Math.max(1, filled.length);
  const { k, b, d } = bm25;
  return Float32Array.from(
    lengths,
    (length) => d + (k + 1) / (1 + k * (1 - b + (b * length) / Math.max(1, average))),
  );
}

function prefixSums(counts: readonly number[]): Uint32Array {
  const sums = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i++) sums[i + 1] = sums[i] + counts[i];
  return sums;
}

function flatten(lists: readonly (readonly number[])[]) {
  return { values: Uint32Array.from(lists.flat()), starts: prefixSums(lists.map((l) => l.length)) };
}

function decodePostings(deltas: readonly number[], starts: Uint32Array): Uint32Array {
  const postings = Uint32Array.from(deltas);
  for (let term = 0; term + 1 < starts.length; term++) {
    for (let at = starts[term] + 1; at < starts[term + 1]; at++) postings[at] += postings[at - 1];
  }
  return postings;
}
