import type { Caption } from './captions.ts';
import type { TrainingSet } from './training-set.ts';
import { keywordWeight } from './words.ts';

/** The targets of a classification batch. A row sums to 1, or to 0 if it has no target. */
export interface ClassTargets {
  /** [rows, classes] */
  readonly targets: Float32Array;
  /** [rows, words]; empty if words are not learnt. */
  readonly wordTargets: Float32Array;
}

/** The targets of an image: its class, and the words of all its names, captions and keywords. */
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
 * The targets of a caption: every class that it describes, and the words of its meaning.
 *
 * @param items - the items that the captions were drawn from
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

/** Share the mass of each row evenly among its classes. */
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
