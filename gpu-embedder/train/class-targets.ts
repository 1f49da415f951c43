import type { Caption } from './captions.ts';
import { captionOwners, describedBy } from './caption-owners.ts';
import type { TrainingSet } from './training-set.ts';
import { keywordWeight } from './words.ts';

/** What rows of a classification batch are to be told as; rows sum to 1, or to 0 where there is nothing. */
export interface ClassTargets {
  /** [rows, classes] */
  readonly targets: Float32Array;
  /** [rows, words]; empty where words are not told. */
  readonly wordTargets: Float32Array;
}

export interface ClassTargetMaker {
  ofImages(items: readonly number[], tellsWords: boolean): ClassTargets;
  /** @param items - that the captions were drawn from */
  ofCaptions(
    captions: readonly Caption[],
    items: readonly number[],
    tellsWords: boolean,
  ): ClassTargets;
}

export function createClassTargetMaker(set: TrainingSet): ClassTargetMaker {
  const classCount = set.classes.length;
  const wordCount = set.words.list.length;
  const owners = captionOwners(set.classes);
  const wordsOfItem = (item: number): ReadonlyMap<number, number> => {
    const { names, keywords } = set.subjects[set.subjectOf[item]].concept;
    const own = [...names, ...set.dataset.items[item].captions];
    const weights = [...own.map(() => 1), ...keywords.map(() => keywordWeight)];
    return set.words.spread([...own, ...keywords], weights);
  };
  const make = (
    rows: number,
    tellsWords: boolean,
    classesOf: (row: number) => readonly number[],
    wordsOf: (row: number) => ReadonlyMap<number, number>,
  ): ClassTargets => {
    const targets = new Float32Array(rows * classCount);
    const wordTargets = new Float32Array(tellsWords ? rows * wordCount : 0);
    for (let row = 0; row < rows; row++) {
      const classes = classesOf(row);
      for (const c of classes) targets[row * classCount + c] = 1 / classes.length;
      if (!tellsWords) continue;
      for (const [word, mass] of wordsOf(row)) wordTargets[row * wordCount + word] = mass;
    }
    return { targets, wordTargets };
  };
  const ownClass = (item: number): readonly number[] =>
    set.classOf[item] < 0 ? [] : [set.classOf[item]];
  return {
    ofImages: (items, tellsWords) =>
      make(
        items.length,
        tellsWords,
        (row) => ownClass(items[row]),
        (row) => wordsOfItem(items[row]),
      ),
    ofCaptions: (captions, items, tellsWords) =>
      make(
        captions.length,
        tellsWords,
        (row) => {
          const described = describedBy(captions[row], owners);
          return described.length > 0 ? described : ownClass(items[row]);
        },
        (row) => set.words.spread(captions[row].meaning),
      ),
  };
}
