import type { PreparedDataset } from '../../../data/prepared/read-dataset.ts';
import type { Subject } from './subject.ts';

/** The words of the captions, and how informative each one is. */
export interface WordTable {
  readonly list: readonly string[];
  /**
   * Spread a mass of 1 over the known words of some texts; without known words the result is empty.
   *
   * @param weights - the weight of each text; 1 by default
   */
  spread(texts: readonly string[], weights?: readonly number[]): ReadonlyMap<number, number>;
}

/** Tags count less than names: they describe the surroundings of a thing, names the thing itself. */
export const keywordWeight = 0.25;

/** Collect the distinct words of a text: runs of letters or of digits. */
export function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/\p{L}+|\p{N}+/gu) ?? []);
}

/**
 * Collect the English words in the captions of at least `minItems` training images. A rare word weighs
 * more: log(1 + images / images with the word), similar to "Classification Done Right for
 * Vision-Language Pre-Training" (SuperClass, arXiv:2411.03313, section 3.2).
 */
export function collectWords(
  subjects: readonly Subject[],
  { items }: PreparedDataset,
  minItems: number,
): WordTable {
  const counts = new Map<string, number>();
  const add = (texts: readonly string[], times: number): void => {
    for (const word of wordsOf(texts.join(' '))) counts.set(word, (counts.get(word) ?? 0) + times);
  };
  let total = 0;
  for (const { concept, items: members } of subjects) {
    total += members.length;
    const own = members.flatMap((i) => items[i].captions);
    add([...concept.names, ...concept.keywords, ...own], members.length);
  }
  const known = [...counts].filter(([, count]) => count >= minItems).sort();
  const indexOf = new Map(known.map(([word], i) => [word, i]));
  const tells = known.map(([, count]) => Math.log(1 + total / count));
  return {
    list: known.map(([word]) => word),
    spread(texts, weights) {
      const masses = new Map<number, number>();
      let sum = 0;
      for (const [i, text] of texts.entries()) {
        for (const word of wordsOf(text)) {
          const index = indexOf.get(word);
          if (index === undefined) continue;
          const mass = Math.max(masses.get(index) ?? 0, tells[index] * (weights?.[i] ?? 1));
          sum += mass - (masses.get(index) ?? 0);
          masses.set(index, mass);
        }
      }
      for (const [index, mass] of masses) masses.set(index, mass / sum);
      return masses;
    },
  };
}
