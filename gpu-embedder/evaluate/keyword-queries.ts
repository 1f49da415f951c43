import { readFile } from 'node:fs/promises';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import { createRandom } from '../random.ts';

/** A word that somebody might type, and the emoji it was drawn from. */
export interface KeywordQuery {
  readonly text: string;
  /** Concept id. */
  readonly concept: string;
  /** Concepts that CLDR gives the same keyword, the one above included. */
  readonly concepts: ReadonlySet<string>;
}

const annotations = new URL(
  '../../node_modules/cldr-annotations-full/annotations/en/annotations.json',
  import.meta.url,
);

/**
 * Draw queries: a random English CLDR keyword of a random emoji.
 *
 * @param concepts - ids of the emoji to draw from
 */
export async function drawKeywordQueries(
  dataset: PreparedDataset,
  concepts: readonly string[],
  count: number,
  seed: number,
): Promise<KeywordQuery[]> {
  const keywords = await readKeywords();
  const known = [...new Set(concepts)]
    .filter((id) => keywords.has(id) && dataset.concepts.has(id))
    .sort();
  const holders = new Map<string, Set<string>>();
  for (const id of known) {
    for (const word of keywords.get(id) ?? []) {
      holders.set(word, (holders.get(word) ?? new Set()).add(id));
    }
  }
  const random = createRandom(seed);
  return Array.from({ length: count }, () => {
    const concept = random.pick(known);
    const text = random.pick(keywords.get(concept) ?? []);
    return { text, concept, concepts: holders.get(text) ?? new Set([concept]) };
  });
}

/** Keywords by concept id (hexcodes in lower case, joined, without fe0f). */
async function readKeywords(): Promise<Map<string, readonly string[]>> {
  const { annotations: file } = JSON.parse(await readFile(annotations, 'utf8')) as {
    annotations: { annotations: Record<string, { default?: string[] }> };
  };
  return new Map(
    Object.entries(file.annotations).flatMap(([emoji, entry]) => {
      const codes = [...emoji].map((character) => character.codePointAt(0)!.toString(16));
      const id = codes.filter((code) => code !== 'fe0f').join('-');
      return entry.default === undefined ? [] : [[id, entry.default] as const];
    }),
  );
}
