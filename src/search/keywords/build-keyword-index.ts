import {
  ownFields,
  packPosting,
  suggestedField,
  type Posting,
  type StoredKeywords,
} from './keyword-format.ts';
import { keywordTokens, normaliseText } from './keyword-tokens.ts';

/** A text that a model guessed for an image; the data set does not have it. */
export interface Suggestion {
  readonly text: string;
  /** How probable it is that the text fits, above 0 and at most 1. */
  readonly confidence: number;
}

/** A group of the index: items that share their texts. The position of a group is its id. */
export interface KeywordDoc {
  /** Ordinals of the items. */
  readonly items: readonly number[];
  readonly names: readonly string[];
  readonly tags: readonly string[];
  /** Names and keywords in other languages. */
  readonly other: readonly string[];
  readonly suggested?: readonly Suggestion[];
}

interface PostingList {
  readonly packed: number[];
  /** Confidences of the postings in the suggested field, hundredths. */
  readonly confidences: number[];
}

/** Build the keyword index and serialise it. */
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
      // A name of several words is a term, too, so that it is found as a whole. Tags are too many.
      if (name === 'names') whole.forEach((text) => text.includes(' ') && tokens.add(text));
      for (const term of tokens) add(term, { field, whole: whole.has(term) });
    }
    for (const { term, whole, confidence } of suggestedTerms(doc.suggested ?? [])) {
      add(term, { field: suggestedField, whole })?.confidences.push(hundredths(confidence));
    }
  }
  return { json: JSON.stringify(serialise(docs, postings, lengths)) };
}

/** List the terms of guessed texts, beginning with the most probable text. */
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
