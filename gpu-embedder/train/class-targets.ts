import type { Caption } from './captions.ts';
import type { TrainingSet } from './training-set.ts';
import { keywordWeight } from './words.ts';

/** What the rows of a classification batch should be told as. A row sums to 1, or to 0 without any. */
export interface ClassTargets {
  /** [rows, classes] */
  readonly targets: Float32Array;
  /** [rows, words]; empty where words are not told. */
  readonly wordTargets: Float32Array;
}

/** An image should be told as its class, and by the words of everything that is said of it. */
export function imageTargets(
  set: TrainingSet,
  items: readonly number[],
  tellsWords: boolean,
): ClassTargets {
  return {
    targets: classRows(
      set,
      items.map((item) => ownClass(set, item)),
    ),
    wordTargets: wordRows(set, tellsWords ? items.map((item) => wordsOfItem(set, item)) : []),
  };
}

/**
 * A caption should be told as every class that it describes, and by the words that it means.
 *
 * @param items - that the captions were drawn from
 */
export function captionTargets(
  set: TrainingSet,
  captions: readonly Caption[],
  items: readonly number[],
  tellsWords: boolean,
): ClassTargets {
  const classes = captions.map((caption, row) => {
    const described = set.describedClasses(caption);
    return described.length > 0 ? described : ownClass(set, items[row]);
  });
  const words = tellsWords ? captions.map(({ meaning }) => set.words.spread(meaning)) : [];
  return { targets: classRows(set, classes), wordTargets: wordRows(set, words) };
}

const ownClass = ({ classOf }: TrainingSet, item: number): readonly number[] =>
  classOf[item] < 0 ? [] : [classOf[item]];

function wordsOfItem(set: TrainingSet, item: number): ReadonlyMap<number, number> {
  const { names, keywords } = set.subjects[set.subjectOf[item]].concept;
  const own = [...names, ...set.dataset.items[item].captions];
  const weights = [...own.map(() => 1), ...keywords.map(() => keywordWeight)];
  return set.words.spread([...own, ...keywords], weights);
}

/** The mass of a row is shared evenly by its classes. */
function classRows(
  { classes: { length: width } }: TrainingSet,
  rows: readonly (readonly number[])[],
): Float32Array {
  const targets = new Float32Array(rows.length * width);
  rows.forEach((classes, row) => {
    for (const c of classes) targets[row * width + c] = 1 / classes.length;
  });
  return targets;
}

function wordRows(
  { words }: TrainingSet,
  rows: readonly ReadonlyMap<number, number>[],
): Float32Array {
  const width = words.list.length;
  const targets = new Float32Array(rows.length * width);
  rows.forEach((masses, row) => {
    for (const [word, mass] of masses) targets[row * width + word] = mass;
  });
  return targets;
}
