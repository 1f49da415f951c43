import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { createRandom } from '../../common/random.ts';
import { readCldrKeywords, type CldrAnnotation } from './cldr-keywords.ts';

/** A word that somebody might type, and the emoji that it was drawn for. */
export interface KeywordQuery {
  readonly text: string;
  /** Concept id. */
  readonly concept: string;
  /** Concepts with this keyword in CLDR, including `concept`. */
  readonly concepts: ReadonlySet<string>;
}

/**
 * Draw queries: a random English CLDR keyword of a random emoji, which may be its name. A seed must
 * always draw the same queries, because fusion weights and documented results depend on them.
 *
 * @param concepts - ids of the emoji to draw from
 */
export async function drawKeywordQueries(
  dataset: PreparedDataset,
  concepts: readonly string[],
  count: number,
  seed: number,
): Promise<KeywordQuery[]> {
  const annotations = readCldrKeywords('en');
  const known = [...new Set(concepts)]
    .filter((id) => annotations.has(id) && dataset.concepts.has(id))
    .sort();
  const holders = keywordHolders(annotations, known, (word) => word);
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const concept = random.pick(known);
    const text = random.pick(annotations.get(concept)!.keywords);
    return { text, concept, concepts: holders.get(text)! };
  });
}

/**
 * Draw a query for each item whose emoji CLDR annotates: a keyword other than the emoji's name.
 *
 * @param items - ordinals
 * @param language - language of the keywords
 */
export function keywordQueriesOf(
  dataset: PreparedDataset,
  items: readonly number[],
  language: string,
  seed: number,
): KeywordQuery[] {
  const annotations = readCldrKeywords(language, { sequences: true });
  const lowerCase = (word: string) => word.toLocaleLowerCase(language);
  const concepts = items.flatMap((ordinal) => {
    const { concept } = dataset.items[ordinal];
    return concept !== undefined && annotations.has(concept) ? [concept] : [];
  });
  const holders = keywordHolders(annotations, concepts, lowerCase);
  const random = createRandom(seed);
  return concepts.flatMap((concept) => {
    const { keywords, name = '' } = annotations.get(concept)!;
    const others = keywords.filter((word) => lowerCase(word) !== lowerCase(name));
    if (others.length === 0) return [];
    const text = random.pick(others);
    return [{ text, concept, concepts: holders.get(lowerCase(text))! }];
  });
}

/** @returns the concepts with each keyword */
function keywordHolders(
  annotations: ReadonlyMap<string, CldrAnnotation>,
  concepts: readonly string[],
  keyOf: (word: string) => string,
): ReadonlyMap<string, ReadonlySet<string>> {
  const holders = new Map<string, Set<string>>();
  for (const id of concepts) {
    for (const word of annotations.get(id)!.keywords) {
      const key = keyOf(word);
      holders.set(key, (holders.get(key) ?? new Set()).add(id));
    }
  }
  return holders;
}
