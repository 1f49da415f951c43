import type { Random } from '../../../common/random.ts';
import { randomView } from './augment.ts';
import type { Batch, BatchRun } from './batches.ts';
import type { Caption } from './captions.ts';
import { asTyped, drawCaption, singleCaptions } from './captions.ts';
import type { BaseStage } from '../losses/stage-fields.ts';
import { plainView } from './render-view.ts';
import type { TrainingSet } from './training-set.ts';
import { featuresInput, gatherRows } from './feature-table.ts';
import { tokenRows } from './token-rows.ts';

/**
 * Draws what the batch of one step is made of: items first, then their images and captions. All
 * chance comes from `random`, so a loss that asks in another order trains on other batches.
 */
export class BatchDraw {
  constructor(
    private readonly run: BatchRun,
    private readonly stage: BaseStage,
    private readonly step: number,
    readonly random: Random,
  ) {}

  get set(): TrainingSet {
    return this.run.set;
  }

  /** Side of the images, pixels. */
  get imageSize(): number {
    return this.stage.imageSize ?? this.run.inputs.imageSize;
  }

  /** Draw a batch of items. @returns their ordinals */
  items(): number[] {
    return this.drawItems(this.step, this.stage.batch);
  }

  /** Draw items that have a class, one for each row. */
  classItems(count = this.stage.batch): number[] {
    return Array.from({ length: count }, (_, row) => this.classItem(this.step * count + row));
  }

  /** Draw a batch of items in runs of `imagesPerConcept` items that show the same thing. */
  itemsByConcept(imagesPerConcept: number): number[] {
    if (imagesPerConcept === 1) return this.items();
    const { classes, classOf } = this.set;
    return this.classItems(this.stage.batch / imagesPerConcept).flatMap((item) =>
      several(classes[classOf[item]].items, item, imagesPerConcept, this.random),
    );
  }

  /** Make `pixels` [items, 3, imageSize, imageSize], or `imageFeatures` if the tower is frozen. */
  images(items: readonly number[]): Batch {
    const { inputs, config } = this.run;
    const table = inputs.features.image;
    if (table) return { [featuresInput('image')]: gatherRows(table, items) };
    const { set, imageSize: size, random } = this;
    const pixels = new Float32Array(items.length * 3 * size * size);
    items.forEach((item, i) => {
      const target = { ...inputs, size, out: pixels, offset: i * 3 * size * size };
      if (config.augment === 'none') plainView(set.picture(item), target);
      else randomView(set.picture(item, random), target, config.augment, random);
    });
    return { pixels };
  }

  /** Draw one caption of each item. */
  captions(items: readonly number[]): Caption[] {
    return items.map((item) => this.caption(item));
  }

  /** Make `ids` and `mask` [captions, tokens], or `textFeatures` if the tower is frozen. */
  texts(captions: readonly Caption[]): Batch {
    const { features, text: input } = this.run.inputs;
    if (features.text) {
      const { rowOf } = features.text;
      const rows = captions.map(({ text }) => rowOf!.get(text)!);
      return { [featuresInput('text')]: gatherRows(features.text, rows) };
    }
    const sequence = Math.min(this.stage.textLength ?? input.sequence, input.sequence);
    const tokens = captions.map(({ text }) => this.tokens(text));
    return tokenRows(tokens, { padId: input.padId, sequence });
  }

  private drawItems(step: number, count: number): number[] {
    const emojiShare = this.stage.emojiShare ?? this.run.config.emojiShare;
    return this.set.draw(step, count, emojiShare, this.random);
  }

  /** Draw again while an item has no class; after many attempts, pick among those that have one. */
  private classItem(step: number): number {
    const { classes, classOf } = this.set;
    for (let attempt = 0; attempt < 20; attempt++) {
      const [item] = this.drawItems(step, 1);
      if (classOf[item] >= 0) return item;
    }
    return this.random.pick(classes.flatMap(({ items }) => items));
  }

  /** Draw a caption of an item. If features were encoded once, only its single captions have a row. */
  private caption(item: number): Caption {
    const { set, random } = this;
    const { config, inputs } = this.run;
    const own = set.dataset.items[item];
    const { concept } = set.subjects[set.subjectOf[item]];
    if (!inputs.features.text) return drawCaption(own, concept, config.englishShare, random);
    const text = random.pick(singleCaptions(own, concept));
    return { text, parts: [text.toLowerCase()], meaning: [text] };
  }

  /** Tokenise a caption. For pictograms it is first typed as people type, and tokens are split at random. */
  private tokens(text: string): readonly number[] {
    const { tokenise, split } = this.run.inputs.text;
    if (this.run.config.augment !== 'pictogram') return tokenise(text);
    const tokens = tokenise(asTyped(text, this.random));
    return split ? split(tokens, this.random) : tokens;
  }
}

/** Draw `count` items of a group, beginning with `first`. Items repeat only if the group is too small. */
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
