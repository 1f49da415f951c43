import { keywordFields, parseKeywords, suggestedField } from './keyword-format.ts';
import type { StoredKeywords } from './keyword-format.ts';
import { openPostings } from './keyword-postings.ts';
import { isUnspaced, keywordTokens, normaliseText } from './keyword-tokens.ts';
import { createLexicon } from './lexicon.ts';
import type { Lexicon } from './lexicon.ts';
import { prefixSums } from './prefix-sums.ts';

export { buildKeywordIndex } from './build-keyword-index.ts';
export type { KeywordDoc, Suggestion } from './build-keyword-index.ts';

export interface KeywordHit {
  /** Ordinal of the group; `itemsOf(id)` gives its items. */
  readonly id: number;
  /**
   * 0 to 1. The score of the best hit is the share of the query that it matches; a guessed word
   * counts as much as its confidence. The scores of the other hits are relative to it.
   */
  readonly score: number;
}

export interface KeywordIndex {
  /** Number of groups. */
  readonly groups: number;
  /** Find groups by words, the best first. */
  search(query: string, limit: number): KeywordHit[];
  /** Ordinals of the items of a group. */
  itemsOf(group: number): readonly number[];
}

/**
 * Heap bytes of a loaded index for each byte of its JSON, as `scripts/keyword-heap.ts` measured.
 */
export const keywordHeapFactor = 1.7;

const fieldBoost: Readonly<Record<(typeof keywordFields)[number], number>> = {
  names: 4,
  tags: 2,
  other: 1.5,
  // Even with `wholeBoost`, a guess weighs less than any other text. The lowest weight of a text
  // that was not guessed is that of a tag among many tags: 2 * bm25.d.
  suggested: 0.7,
};
const boosts = keywordFields.map((field) => fieldBoost[field]);
/** Parameters of BM25+ (Lv & Zhai 2011). A term counts once for each group. */
const bm25 = { k: 1.2, b: 0.7, d: 0.5 } as const;
/**
 * Weight of a term that begins with the query word, and of one that the query word may misspell.
 */
const inexactWeight = { prefix: 0.35, typo: 0.45 } as const;
/** The share of the query word that such an inexact match counts as. */
const inexactShare = 0.6;
/** Factor for a group that has the whole query as a keyword. */
const wholeBoost = 1.3;
/**
 * A group whose name is the query scores at least so many times the score of the best other group.
 */
const namedBoost = 1.5;

/**
 * Words of a query that are looked for. A misspelt word is compared with thousands of terms, so a long
 * text of such words would keep the isolate from other requests.
 */
const maxWords = 64;

/** Words that are left out of a query, unless it has no other words. */
const stopWords = new Set(
  'a an the of with and in on for to is are am be i me my we you it this that so at by from icon emoji picture image photo symbol'.split(
    ' ',
  ),
);

/**
 * Load an index that `buildKeywordIndex` wrote.
 *
 * @throws DiptychError `index_unreadable` when the JSON is not a keyword index
 */
export function loadKeywordIndex(json: string): KeywordIndex {
  const stored = parseKeywords(json);
  const groups = stored.items.length;
  const items = flatten(stored.items);
  const lexicon = createLexicon(stored.terms);
  const postings = openPostings(stored);
  const norms = keywordNorms(stored.lengths, groups);
  const rarity = (count: number) => Math.log(1 + (groups - count + 0.5) / (count + 0.5));

  /** Add the matches of one query word. Each group gets the score of the best variant. */
  const matchWord = (word: string, isLast: boolean, scores: Float32Array, shares: Float32Array) => {
    const best = new Map<number, { score: number; share: number }>();
    const isOwn = (ordinal: number) => postings.count(ordinal).own > 0;
    for (const variant of variants(lexicon, word, isLast, isOwn)) {
      const { own, expected } = postings.count(variant.ordinal);
      // The rarity of a word in texts that are not guessed does not depend on the guesses.
      const rarities = { own: rarity(own), guessed: rarity(expected) };
      postings.visit(variant.ordinal, ({ group, field, confidence }) => {
        const guessed = field === suggestedField;
        if (guessed && variant.ownOnly) return;
        const weight = variant.weight * confidence * boosts[field]! * norms[field]![group]!;
        const score = weight * (guessed ? rarities.guessed : rarities.own);
        if (score > (best.get(group)?.score ?? 0)) {
          best.set(group, { score, share: variant.share * confidence });
        }
      });
    }
    for (const [group, { score, share }] of best) {
      scores[group]! += score;
      shares[group]! += share;
    }
  };

  /**
   * Boost the groups that have the whole query as a keyword.
   *
   * @returns those that have it as a name
   */
  const matchWhole = (query: string, scores: Float32Array): Set<number> => {
    const named = new Set<number>();
    const ordinal = lexicon.find(query);
    if (ordinal < 0) return named;
    postings.visit(ordinal, ({ group, field, whole }) => {
      if (!whole) return;
      if (keywordFields[field] === 'names') named.add(group);
      else scores[group]! *= wholeBoost;
    });
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
        if (scores[id]! > 0) found.push({ id, score: scores[id]! * shares[id]! });
      }
      const byScore = (a: KeywordHit, b: KeywordHit) => b.score - a.score || a.id - b.id;
      const exact = found.filter(({ id }) => named.has(id)).sort(byScore);
      const others = found.filter(({ id }) => !named.has(id)).sort(byScore);
      const [bestExact] = exact;
      const [bestOther] = others;
      if (bestExact) {
        const unit = 1 / (namedBoost * Math.max(bestExact.score, bestOther?.score ?? 0));
        const rest = others.map(({ id, score }) => ({ id, score: score * unit }));
        return [...exact.map(({ id }) => ({ id, score: 1 })), ...rest].slice(0, limit);
      }
      if (!bestOther) return [];
      const unit = shares[bestOther.id]! / words.length / bestOther.score;
      return others.slice(0, limit).map(({ id, score }) => ({ id, score: score * unit }));
    },
  };
}

interface Variant {
  /** Ordinal of the term. */
  readonly ordinal: number;
  readonly weight: number;
  /** The share of the query word that a match counts as. */
  readonly share: number;
  /** Whether the term counts only in texts that are not guessed. */
  readonly ownOnly: boolean;
}

/**
 * List the terms of the index that a query word may mean, beginning with the word itself.
 *
 * @param isOwn - tells whether a term is in texts that are not guessed
 */
function* variants(
  lexicon: Lexicon,
  word: string,
  isLast: boolean,
  isOwn: (ordinal: number) => boolean,
): Generator<Variant> {
  const exact = lexicon.find(word);
  if (exact >= 0) yield { ordinal: exact, weight: 1, share: 1, ownOnly: false };
  const unspaced = isUnspaced(word);
  // Somebody may still be typing the last word.
  if (unspaced || (isLast && word.length >= 3)) {
    const [first, end] = lexicon.startingWith(word);
    for (let ordinal = first; ordinal < end; ordinal++) {
      if (ordinal === exact) continue;
      const rest = lexicon.lengthOf(ordinal) - word.length;
      const weight = (inexactWeight.prefix * word.length) / (word.length + 0.3 * rest);
      yield { ordinal, weight, share: inexactShare, ownOnly: false };
    }
  }
  // A word of the index is not a misspelling, and a short word is close to many other words.
  if ((exact >= 0 && isOwn(exact)) || unspaced || word.length < 4) return;
  for (const { ordinal, edits } of lexicon.near(word, word.length < 8 ? 1 : 2)) {
    if (ordinal === exact) continue;
    const weight = (inexactWeight.typo * word.length) / (word.length + edits);
    // A word that only guessed texts have may still be a misspelling of a word of other texts.
    yield { ordinal, weight, share: inexactShare, ownOnly: exact >= 0 };
  }
}

function queryWords(query: string): readonly string[] {
  const all = keywordTokens(query, 'query');
  const telling = all.filter((word) => !stopWords.has(word));
  return (telling.length > 0 ? telling : all).slice(0, maxWords);
}

/**
 * Compute the BM25+ factor of a term that occurs once, for each group. Terms in short fields count
 * more.
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

/**
 * Compute the factors of each field, in the order of {@link keywordFields}. The length of `other`
 * says only how many languages have annotated the concept, so its factor is 1, as is that of
 * guesses.
 */
function keywordNorms(lengths: StoredKeywords['lengths'], groups: number): readonly Float32Array[] {
  const uniform = new Float32Array(groups).fill(1);
  return keywordFields.map((name, field) =>
    name === 'other' || name === 'suggested' ? uniform : lengthNorms(lengths[field]!),
  );
}

function flatten(lists: readonly (readonly number[])[]) {
  return { values: Uint32Array.from(lists.flat()), starts: prefixSums(lists.map((l) => l.length)) };
}
