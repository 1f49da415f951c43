import MiniSearch from 'minisearch';
import { DiptychError } from '../errors.ts';
import { foldText, isUnspaced, keywordTokens } from './keyword-tokens.ts';

/** Items that share their texts: one document of the index, whose id is its position. */
export interface KeywordDoc {
  /** Item ordinals. */
  readonly items: readonly number[];
  readonly names: readonly string[];
  readonly tags: readonly string[];
  /** Names and keywords in other languages. */
  readonly other: readonly string[];
}

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
export const keywordHeapFactor = 8;

const boost = { names: 4, tags: 2, other: 1.5 } as const;
const weights = { fuzzy: 0.3, prefix: 0.35 } as const;
/** Share of a query word that a hit by prefix or by typo counts for. */
const inexactShare = 0.6;
/** What a group whose name is the query scores, relative to the best other one. */
const exactNameBoost = 1.5;

/** Words that say nothing in a query, unless it has no others. */
const stopWords = new Set(
  'a an the of with and in on for to is are my icon emoji picture image photo symbol'.split(' '),
);

const fields = Object.keys(boost);
const miniSearchOptions = {
  fields,
  tokenize: (text: string) => text.split(' '),
  processTerm: (term: string) => term,
  autoVacuum: false,
};

interface Stored {
  readonly items: readonly (readonly number[])[];
  /** Folded names of each group. */
  readonly names: readonly (readonly string[])[];
  readonly index: Parameters<typeof MiniSearch.loadJS>[0];
}

/** Build the keyword index, serialised. */
export function buildKeywordIndex(docs: readonly KeywordDoc[]): { json: string } {
  const index = new MiniSearch(miniSearchOptions);
  for (const [id, { names, tags, other }] of docs.entries()) {
    // A token counts once a group, in its most telling field: languages share many words.
    const seen = new Set<string>();
    const unseen = (texts: readonly string[]): string => {
      const tokens = texts.flatMap((text) => keywordTokens(text, 'index'));
      const fresh = new Set(tokens.filter((token) => !seen.has(token)));
      fresh.forEach((token) => seen.add(token));
      return [...fresh].join(' ');
    };
    const fieldsOfDoc: Record<string, unknown> = { id };
    for (const [field, texts] of Object.entries({ names, tags, other })) {
      const text = unseen(texts);
      if (text !== '') fieldsOfDoc[field] = text;
    }
    index.add(fieldsOfDoc);
  }
  const stored: Stored = {
    items: docs.map((doc) => doc.items),
    names: docs.map((doc) => doc.names.map(normaliseName)),
    index: index.toJSON(),
  };
  return { json: JSON.stringify(stored) };
}

/**
 * Load an index that {@link buildKeywordIndex} wrote.
 *
 * @throws DiptychError `index_unreadable` when the JSON is not one
 */
export function loadKeywordIndex(json: string): KeywordIndex {
  const { items, names, index } = parse(json);
  const miniSearch = MiniSearch.loadJS(index, miniSearchOptions);
  const groupsByName = new Map<string, number[]>();
  for (const [group, groupNames] of names.entries()) {
    for (const name of groupNames)
      groupsByName.set(name, [...(groupsByName.get(name) ?? []), group]);
  }
  return {
    groups: items.length,
    itemsOf: (group) => items[group],
    search(query, limit) {
      const all = keywordTokens(query, 'query');
      const telling = all.filter((token) => !stopWords.has(token));
      const tokens = telling.length > 0 ? telling : all;
      if (tokens.length === 0) return [];
      const hits = miniSearch.search(tokens.join(' '), {
        boost,
        weights,
        fuzzy: editDistance,
        prefix: (term, i, terms) => (i === terms.length - 1 || isUnspaced(term)) && mayExtend(term),
      });
      if (hits.length === 0) return [];
      const matched = new Set(hits[0].terms);
      const share = hits[0].queryTerms
        .map((term) => (matched.has(term) ? 1 : inexactShare))
        .reduce((sum, one) => sum + one, 0);
      const exact = new Set(groupsByName.get(normaliseName(query)));
      const unit = exact.size > 0 ? 1 : Math.min(1, share / tokens.length);
      const top = hits[0].score * (exact.size > 0 ? exactNameBoost : 1);
      return hits
        .map(({ id, score }) => ({
          id: id as number,
          score: (unit * (exact.has(id as number) ? top + score * 0 : score)) / top,
        }))
        .sort((a, b) => b.score - a.score || a.id - b.id)
        .slice(0, limit);
    },
  };
}

/** "Birthday  Cake" and "birthday-cake" as one string. */
function normaliseName(name: string): string {
  return foldText(name)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((part) => part !== '')
    .join(' ');
}

/** Typos allowed in a word: none in short ones, where every word is a neighbour of another. */
function editDistance(term: string): number | false {
  if (isUnspaced(term) || term.length < 4 || /\d/.test(term)) return false;
  return term.length < 8 ? 1 : 2;
}

function mayExtend(term: string): boolean {
  return isUnspaced(term) || term.length >= 3;
}

function parse(json: string): Stored {
  try {
    return JSON.parse(json) as Stored;
  } catch (cause) {
    throw new DiptychError(
      'index_unreadable',
      `keywords.json: expected the JSON of a keyword index, got ${JSON.stringify(json.slice(0, 40))}`,
      undefined,
      { cause },
    );
  }
}
