import { createRandom } from '../random.ts';
import type { Random } from '../random.ts';
import { randomView } from './augment.ts';
import type { Caption } from './captions.ts';
import type { CaptionOwners } from './caption-owners.ts';
import { captionOwners, describedBy } from './caption-owners.ts';
import { asTyped, drawCaption, singleCaptions } from './captions.ts';
import { createClassTargetMaker } from './class-targets.ts';
import type { Stage, TrainConfig } from './config.ts';
import { featuresInput } from './loss-graph.ts';
import type { TextInput } from './text-input.ts';
import type { Modality } from '../model/tower.ts';
import type { TrainingSet } from './training-set.ts';
import { mixImages } from './mix-images.ts';
import type { PixelNormalisation } from './render-view.ts';
import { plainView } from './render-view.ts';

/** Arrays of one step by graph input name. */
export type Batch = Readonly<Record<string, Float32Array | Int32Array>>;

/** What the batches of a run need beside the training set. */
export interface BatchInputs {
  readonly text: TextInput;
  /** Side of the image tower's input, pixels. */
  readonly imageSize: number;
  readonly normalisation: PixelNormalisation;
  /** Features of frozen towers, [items, width] by item ordinal and [captions, width]. */
  readonly features: Partial<Record<Modality, FeatureTable>>;
}

export interface FeatureTable {
  readonly width: number;
  readonly rows: Float32Array;
  /** Row of each caption, where the rows are captions. */
  readonly rowOf?: ReadonlyMap<string, number>;
}

export interface BatchMaker {
  /** The same step of the same run always gives the same batch. */
  make(stage: Stage, stageIndex: number, step: number): Batch;
}

export function createBatchMaker(
  set: TrainingSet,
  config: TrainConfig,
  inputs: BatchInputs,
): BatchMaker {
  const { items } = set.dataset;
  const classItems = set.classes.flatMap((imageClass) => imageClass.items);
  const classTargets = createClassTargetMaker(set);
  const captionSubjects = captionOwners(set.subjects);

  const images = (drawn: readonly number[], stage: Stage, random: Random): Batch => {
    const table = inputs.features.image;
    if (table) return { [featuresInput('image')]: gatherRows(table, drawn) };
    const size = stage.imageSize ?? inputs.imageSize;
    const pixels = new Float32Array(drawn.length * 3 * size * size);
    drawn.forEach((item, i) => {
      const view = { size, out: pixels, offset: i * 3 * size * size, ...inputs };
      if (config.augment === 'none') plainView(set.picture(item), view);
      else randomView(set.picture(item, random), view, config.augment, random);
    });
    return { pixels };
  };
  const texts = (captions: readonly Caption[], stage: Stage, random: Random): Batch => {
    const table = inputs.features.text;
    if (table) {
      const rows = captions.map(({ text }) => table.rowOf!.get(text)!);
      return { [featuresInput('text')]: gatherRows(table, rows) };
    }
    const { tokenise, split } = inputs.text;
    const typed = (text: string): readonly number[] => {
      if (config.augment !== 'pictogram') return tokenise(text);
      const tokens = tokenise(asTyped(text, random));
      return split ? split(tokens, random) : tokens;
    };
    const sequence = Math.min(stage.textLength ?? inputs.text.sequence, inputs.text.sequence);
    return tokenRows(
      captions.map(({ text }) => typed(text)),
      { ...inputs.text, sequence },
    );
  };
  const draw = (count: number, stage: Stage, step: number, random: Random): number[] =>
    set.draw(step, count, stage.emojiShare ?? config.emojiShare, random);
  const drawClassItem = (stage: Stage, step: number, random: Random): number => {
    for (let attempt = 0; attempt < 20; attempt++) {
      const [item] = draw(1, stage, step, random);
      if (set.classOf[item] >= 0) return item;
    }
    return random.pick(classItems);
  };
  const drawClassItems = (count: number, stage: Stage, step: number, random: Random): number[] =>
    Array.from({ length: count }, (_, row) => drawClassItem(stage, step * count + row, random));
  /** Runs of `imagesPerConcept` items that show the same thing. */
  const drawItems = (stage: Stage, step: number, random: Random): number[] => {
    const { batch, imagesPerConcept } = stage;
    if (imagesPerConcept === 1) return draw(batch, stage, step, random);
    const first = drawClassItems(batch / imagesPerConcept, stage, step, random);
    return first.flatMap((item) =>
      several(set.classes[set.classOf[item]].items, item, imagesPerConcept, random),
    );
  };
  const captionOf = (item: number, random: Random): Caption => {
    const { concept } = set.subjects[set.subjectOf[item]];
    if (!inputs.features.text)
      return drawCaption(items[item], concept, config.englishShare, random);
    const text = random.pick(singleCaptions(items[item], concept));
    return { text, parts: [text.toLowerCase()], meaning: [text] };
  };

  const classify = (stage: Stage, step: number, random: Random): Batch => {
    const { batch, wordWeight } = stage;
    const tellsWords = wordWeight > 0;
    // Words are told of every item, concepts of those that share theirs with another.
    const drawn = (tellsWords ? draw : drawClassItems)(batch, stage, step, random);
    if (stage.train[0] === 'text') {
      const captions = drawn.map((item) => captionOf(item, random));
      const targets = classTargets.ofCaptions(captions, drawn, tellsWords);
      return { ...texts(captions, stage, random), ...targets };
    }
    const targets = classTargets.ofImages(drawn, tellsWords);
    const pictures = images(drawn, stage, random);
    if (stage.mix > 0 && pictures.pixels instanceof Float32Array) {
      const size = stage.imageSize ?? inputs.imageSize;
      const mixed = { pixels: pictures.pixels, targets: Object.values(targets) };
      mixImages(mixed, batch, size, stage.mix, random);
    }
    return { ...pictures, ...targets };
  };
  const pairs = (stage: Stage, step: number, random: Random): Batch => {
    const drawn = drawItems(stage, step, random);
    const captions = drawn.map((item) => captionOf(item, random));
    const subjects = drawn.map((item) => set.subjectOf[item]);
    const positives = positivesOf(subjects, captions, captionSubjects);
    return { ...images(drawn, stage, random), ...texts(captions, stage, random), positives };
  };
  const sameConcept = (stage: Stage, step: number, random: Random): Batch => {
    const drawn = drawItems(stage, step, random);
    const { batch } = stage;
    const positives = new Float32Array(batch * batch);
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < batch; j++) {
        if (i !== j && set.classOf[drawn[i]] === set.classOf[drawn[j]])
          positives[i * batch + j] = 1;
      }
    }
    return { ...images(drawn, stage, random), positives };
  };

  return {
    make(stage, stageIndex, step) {
      const random = createRandom(config.seed * 7919 + stageIndex * 104729 + step * 15485863);
      switch (stage.loss) {
        case 'classification':
          return classify(stage, step, random);
        case 'supervised-contrastive':
          return sameConcept(stage, step, random);
        case 'infonce':
        case 'sigmoid':
          return pairs(stage, step, random);
      }
    },
  };
}

/** Token ids [rows, sequence] and the mask of what is no padding. */
export function tokenRows(
  texts: readonly (readonly number[])[],
  { sequence, padId }: Pick<TextInput, 'sequence' | 'padId'>,
) {
  const ids = new Int32Array(texts.length * sequence).fill(padId);
  const mask = new Int32Array(ids.length);
  texts.forEach((tokens, i) => {
    // A caption without a single token still needs one that is not padding.
    const row = tokens.length > 0 ? tokens.slice(0, sequence) : [1];
    ids.set(row, i * sequence);
    mask.fill(1, i * sequence, i * sequence + row.length);
  });
  return { ids, mask };
}

/** 1 where text j describes image i: of the same subject, or all of its parts are in its pool. */
function positivesOf(
  subjects: readonly number[],
  captions: readonly Caption[],
  captionSubjects: CaptionOwners,
): Float32Array {
  const batch = subjects.length;
  const rowsOf = new Map<number, number[]>();
  subjects.forEach((subject, i) => {
    const rows = rowsOf.get(subject);
    if (rows) rows.push(i);
    else rowsOf.set(subject, [i]);
  });
  const positives = new Float32Array(batch * batch);
  captions.forEach((caption, j) => {
    for (const subject of [subjects[j], ...describedBy(caption, captionSubjects)]) {
      for (const i of rowsOf.get(subject) ?? []) positives[i * batch + j] = 1;
    }
  });
  return positives;
}

/** `count` items of a group, the given one first, others drawn without repeats while they last. */
function several(group: readonly number[], first: number, count: number, random: Random): number[] {
  const chosen = [first];
  let rest = group.filter((item) => item !== first);
  while (chosen.length < count) {
    if (rest.length === 0) rest = [...group];
    const item = random.pick(rest);
    chosen.push(item);
    rest = rest.filter((other) => other !== item);
  }
  return chosen;
}

/** @param count - rows of the result; those without an index are zero */
export function gatherRows(
  { width, rows }: FeatureTable,
  indices: readonly number[],
  count = indices.length,
): Float32Array {
  const out = new Float32Array(count * width);
  indices.forEach((row, i) => out.set(rows.subarray(row * width, (row + 1) * width), i * width));
  return out;
}
