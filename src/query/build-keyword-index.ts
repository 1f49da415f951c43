import { keywordFields, packPosting } from './keyword-format.ts';
import type { StoredKeywords } from './keyword-format.ts';
import { keywordTokens, normaliseText } from './keyword-tokens.ts';

/** Items that share their texts: one group of the index, whose id is its position. */
export interface KeywordDoc {
  /** Item ordinals. */
  readonly items: readonly number[];
  readonly names: readonly string[];
  readonly tags: readonly string[];
  /** Names and keywords in other languages. */
  readonly other: readonly string[];
}

/** Build the keyword index, serialised. */
export function buildKeywordIndex(docs: readonly KeywordDoc[]): { json: string } {
  const postings = new Map<string, number[]>();
  const lengths: number[][] = keywordFields.map(() => []);
  for (const [group, doc] of docs.entries()) {
    const seen = new Set<string>();
    for (const [field, name] of keywordFields.entries()) {
      const whole = new Set(doc[name].map(normaliseText));
      const tokens = new Set(doc[name].flatMap((text) => keywordTokens(text, 'index')));
      lengths[field].push(tokens.size);
      // Names of several words are found as a whole, too; those of tags would be too many.
      if (name === 'names') whole.forEach((text) => text.includes(' ') && tokens.add(text));
      for (const term of tokens) {
        if (seen.has(term)) continue;
        seen.add(term);
        const list = postings.get(term) ?? [];
        list.push(packPosting({ group, field, whole: whole.has(term) }));
        postings.set(term, list);
      }
    }
  }
  const sorted = [...postings.keys()].sort();
  const lists = sorted.map((term) => postings.get(term) ?? []);
  const stored: StoredKeywords = {
    formatVersion: 1,
    items: docs.map((doc) => [...doc.items]),
    terms: sorted.map((term) => `${term}\n`).join(''),
    counts: lists.map((list) => list.length),
    postings: lists.flatMap((list) => list.map((packed, i) => packed - (list[i - 1] ?? 0))),
    lengths,
  };
  return { json: JSON.stringify(stored) };
}
