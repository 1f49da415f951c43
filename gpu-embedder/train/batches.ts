import type { Tokenizer } from '../../src/text/tokenizer.ts';
import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import { plainView, randomView } from './augment.ts';
import type { Caption } from './captions.ts';
import { asTyped, drawCaption } from './captions.ts';
import type { Stage, TrainConfig } from './config.ts';
import type { Subject, TrainingSet } from './training-set.ts';

/** Feeds of one step by graph input name; shapes are those of the stage's graph. */
export type Batch = Readonly<Record<string, Float32Array | Int32Array>>;

export interface BatchMaker {
  /** The same step of the same run always gives the same batch. */
  make(stage: Stage, stageIndex: number, step: number): Batch;
}

/** Indices of the subjects that `classify` and `align` tell apart. */
export function classSubjects(set: TrainingSet, minItems: number): number[] {
  return set.subjects.flatMap((s, i) => (s.items.length >= minItems ? [i] : []));
}

export function createBatchMaker(
  set: TrainingSet,
  config: TrainConfig,
  tokenizer: Tokenizer,
): BatchMaker {
  const classes = classSubjects(set, config.minItemsPerClass);
  const classOf = new Int32Array(set.subjects.length).fill(-1);
  classes.forEach((subject, index) => (classOf[subject] = index));
  const classItems = classes.flatMap((subject) => set.subjects[subject].items);
  const captionClasses = invert(classes.map((subject) => set.subjects[subject]));

  const images = (items: readonly number[], size: number, random: Random): Float32Array => {
    const out = new Float32Array(items.length * 3 * size * size);
    items.forEach((item, i) => {
      const picture = set.picture(item);
      const offset = i * 3 * size * size;
      if (config.augment) randomView(picture, size, random, out, offset);
      else plainView(picture, size, out, offset);
    });
    return out;
  };
  const tokens = (captions: readonly Caption[], random: Random): Int32Array => {
    const length = config.text.contextLength;
    const out = new Int32Array(captions.length * length);
    captions.forEach(({ text }, i) => {
      const typed = config.augment ? asTyped(text, random) : text;
      const { ids } = tokenizer.encode(typed);
      // A caption without a single token still needs one that is not padding.
      out.set(ids.length > 0 ? ids.slice(0, length) : [1], i * length);
    });
    return out;
  };
  const drawClassItem = (random: Random): number => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const item = set.draw(config.emojiShare, random);
      if (classOf[set.subjectOf[item]] >= 0) return item;
    }
    return random.pick(classItems);
  };

  const classify = (batch: number, size: number, random: Random): Batch => {
    const items = Array.from({ length: batch }, () => drawClassItem(random));
    const targets = new Float32Array(batch * classes.length);
    items.forEach((item, i) => (targets[i * classes.length + classOf[set.subjectOf[item]]] = 1));
    return { pixels: images(items, size, random), targets };
  };
  const align = (batch: number, random: Random): Batch => {
    const captions: Caption[] = [];
    const targets = new Float32Array(batch * classes.length);
    for (let i = 0; i < batch; i++) {
      const item = drawClassItem(random);
      const own = set.subjectOf[item];
      const caption = drawCaption(set.items[item], set.subjects[own].concept, random);
      captions.push(caption);
      const described = describedBy(caption, captionClasses);
      const share = described.length > 0 ? described : [classOf[own]];
      for (const c of share) targets[i * classes.length + c] = 1 / share.length;
    }
    return { ids: tokens(captions, random), targets };
  };
  const contrastive = (batch: number, size: number, random: Random): Batch => {
    const items = Array.from({ length: batch }, () => set.draw(config.emojiShare, random));
    const subjects = items.map((item) => set.subjectOf[item]);
    const captions = items.map((item, i) =>
      drawCaption(set.items[item], set.subjects[subjects[i]].concept, random),
    );
    const positive = (i: number, j: number) =>
      subjects[i] === subjects[j] ||
      captions[j].parts.every((p) => set.subjects[subjects[i]].pool.has(p));
    return {
      pixels: images(items, size, random),
      ids: tokens(captions, random),
      imageTargets: spread(batch, positive),
      textTargets: spread(batch, (j, i) => positive(i, j)),
    };
  };

  return {
    make(stage, stageIndex, step) {
      const random = createRandom(config.seed * 7919 + stageIndex * 104729 + step * 15485863);
      switch (stage.kind) {
        case 'classify':
          return classify(stage.batch, stage.imageSize ?? config.image.imageSize, random);
        case 'align':
          return align(stage.batch, random);
        case 'contrastive':
          return contrastive(stage.batch, stage.imageSize ?? config.image.imageSize, random);
      }
    },
  };
}

/** Rows of a [batch, batch] matrix whose mass is spread evenly over the positives. */
function spread(batch: number, positive: (row: number, column: number) => boolean): Float32Array {
  const targets = new Float32Array(batch * batch);
  for (let row = 0; row < batch; row++) {
    const hits: number[] = [];
    for (let column = 0; column < batch; column++) if (positive(row, column)) hits.push(column);
    for (const column of hits) targets[row * batch + column] = 1 / hits.length;
  }
  return targets;
}

/** Caption -> ascending class indices. */
function invert(subjects: readonly Subject[]): Map<string, number[]> {
  const classes = new Map<string, number[]>();
  subjects.forEach(({ pool }, index) => {
    for (const caption of pool) {
      const list = classes.get(caption);
      if (list) list.push(index);
      else classes.set(caption, [index]);
    }
  });
  return classes;
}

/** Classes that every part of the caption describes. */
function describedBy(caption: Caption, classes: ReadonlyMap<string, readonly number[]>): number[] {
  const [first, ...others] = caption.parts.map((part) => classes.get(part) ?? []);
  const sets = others.map((list) => new Set(list));
  return first.filter((c) => sets.every((set) => set.has(c)));
}
