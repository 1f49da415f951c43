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
  /** Group ordinal: `itemsOf(id)` are its items. */
  readonly id: number;
  /**
   * 0 to 1: relative to the best hit, whose score is the share of the query that it matches, a
   * guessed word counting as its confidence.
   */
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
  // With `wholeBoost` less than any other field: the least of theirs is 2 * bm25.d for a tag among many.
  suggested: 0.7,
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
  const postings = openPostings(stored);
  const norms = keywordNorms(stored.lengths, groups);
  const rarity = (count: number) => Math.log(1 + (groups - count + 0.5) / (count + 0.5));

  /** Add the matches of one query word: the best of its variants per group. */
  const matchWord = (word: string, isLast: boolean, scores: Float32Array, shares: Float32Array) => {
    const best = new Map<number, { score: number; share: number }>();
    const isOwn = (ordinal: number) => postings.count(ordinal).own > 0;
    for (const variant of variants(lexicon, word, isLast, isOwn)) {
      const { own, expected } = postings.count(variant.ordinal);
      // Guesses make no word rarer or more common among the texts that are no guesses.
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

  /** Groups of which a whole name is the query; those of which a keyword is get their boost. */
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
  /** Of the term. */
  readonly ordinal: number;
  readonly weight: number;
  /** Part of the query word that it matches. */
  readonly share: number;
  /** Not among guesses. */
  readonly ownOnly: boolean;
}

/**
 * Terms of the index that a query word may mean, itself first.
 *
 * @param isOwn - whether a term is in texts that are no guesses
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
  // A word that the index knows is no misspelling, and short words all resemble others.
  if ((exact >= 0 && isOwn(exact)) || unspaced || word.length < 4) return;
  for (const { ordinal, edits } of lexicon.near(word, word.length < 8 ? 1 : 2)) {
    if (ordinal === exact) continue;
    const weight = (inexactWeight.typo * word.length) / (word.length + edits);
    // A word that is known from guesses may be a misspelling of one that is no guess.
    yield { ordinal, weight, share: inexactShare, ownOnly: exact >= 0 };
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

/** Factors of the fields by group, as in {@link keywordFields}. */
function keywordNorms(lengths: StoredKeywords['lengths'], groups: number): readonly Float32Array[] {
  const uniform = new Float32Array(groups).fill(1);
  return keywordFields.map((name, field) =>
    name === 'other' || name === 'suggested' ? uniform : lengthNorms(lengths[field]!),
  );
}

function flatten(lists: readonly (readonly number[])[]) {
  return { values: Uint32Array.from(lists.flat()), starts: prefixSums(lists.map((l) => l.length)) };
}
