import {
  ownFields,
  packPosting,
  suggestedField,
  type Posting,
  type StoredKeywords,
} from './keyword-format.ts';
import { keywordTokens, normaliseText } from './keyword-tokens.ts';

/** A text that was guessed for an image, not given to it. */
export interface Suggestion {
  readonly text: string;
  /** Above 0 to 1: how likely it fits. */
  readonly confidence: number;
}

/** Items that share their texts: one group of the index, whose id is its position. */
export interface KeywordDoc {
  /** Item ordinals. */
  readonly items: readonly number[];
  readonly names: readonly string[];
  readonly tags: readonly string[];
  /** Names and keywords in other languages. */
  readonly other: readonly string[];
  readonly suggested?: readonly Suggestion[];
}

interface PostingList {
  readonly packed: number[];
  /** Of those in the suggested field, hundredths. */
  readonly confidences: number[];
}

/** Build the keyword index, serialised. */
export function buildKeywordIndex(docs: readonly KeywordDoc[]): { json: string } {
  const postings = new Map<string, PostingList>();
  const lengths: number[][] = ownFields.map(() => []);
  for (const [group, doc] of docs.entries()) {
    const seen = new Set<string>();
    const add = (term: string, place: Omit<Posting, 'group'>): PostingList | undefined => {
      if (seen.has(term)) return undefined;
      seen.add(term);
      const list = postings.get(term) ?? { packed: [], confidences: [] };
      list.packed.push(packPosting({ group, ...place }));
      postings.set(term, list);
      return list;
    };
    for (const [field, name] of ownFields.entries()) {
      const whole = new Set(doc[name].map(normaliseText));
      const tokens = new Set(doc[name].flatMap((text) => keywordTokens(text, 'index')));
      lengths[field]!.push(tokens.size);
      // Names of several words are found as a whole, too; those of tags would be too many.
      if (name === 'names') whole.forEach((text) => text.includes(' ') && tokens.add(text));
      for (const term of tokens) add(term, { field, whole: whole.has(term) });
    }
    for (const { term, whole, confidence } of suggestedTerms(doc.suggested ?? [])) {
      add(term, { field: suggestedField, whole })?.confidences.push(hundredths(confidence));
    }
  }
  return { json: JSON.stringify(serialise(docs, postings, lengths)) };
}

/** List the terms of guesses, those of the most likely ones first. */
function* suggestedTerms(suggested: readonly Suggestion[]) {
  const sorted = [...suggested].sort((a, b) => b.confidence - a.confidence);
  const whole = new Set(sorted.map(({ text }) => normaliseText(text)));
  for (const { text, confidence } of sorted) {
    for (const term of keywordTokens(text, 'index')) {
      yield { term, whole: whole.has(term), confidence };
    }
  }
}

const hundredths = (confidence: number): number =>
  Math.min(100, Math.max(1, Math.round(100 * confidence)));

function serialise(
  docs: readonly KeywordDoc[],
  postings: ReadonlyMap<string, PostingList>,
  lengths: readonly (readonly number[])[],
): Omit<StoredKeywords, 'confidences'> & { readonly confidences?: readonly number[] } {
  const sorted = [...postings.keys()].sort();
  const lists = sorted.map((term) => postings.get(term)!);
  const confidences = lists.flatMap((list) => list.confidences);
  return {
    formatVersion: confidences.length > 0 ? 2 : 1,
    items: docs.map((doc) => [...doc.items]),
    terms: sorted.map((term) => `${term}\n`).join(''),
    counts: lists.map(({ packed }) => packed.length),
    postings: lists.flatMap(({ packed }) => packed.map((one, i) => one - (packed[i - 1] ?? 0))),
    lengths: [...lengths],
    ...(confidences.length > 0 && { confidences }),
  };
}
