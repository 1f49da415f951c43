import { DiptychError } from '../../../../src/errors.ts';
import type { Concept, Item } from '../../../data/prepared/prepared.ts';
import { openDataset, openPixels } from '../../../data/prepared/read-dataset.ts';
import type { PreparedDataset } from '../../../data/prepared/read-dataset.ts';
import { createRandom } from '../../../common/random.ts';
import type { Random } from '../../../common/random.ts';
import { sha256Hex } from '../../../common/sha256-hex.ts';
import type { Picture } from './render-view.ts';
import type { CaptionOwners } from './caption-owners.ts';
import { captionOwners } from './caption-owners.ts';
import { captionPool } from './captions.ts';
import type { DrawSettings } from './draw-fields.ts';
import type { ImageClass, Subject } from './subject.ts';
import type { WordTable } from './words.ts';
import { collectWords } from './words.ts';

/** The training images of a prepared set, grouped by subject; pixels stay on disk. */
export interface TrainingSet {
  readonly dataset: PreparedDataset;
  readonly subjects: readonly Subject[];
  readonly classes: readonly ImageClass[];
  readonly words: WordTable;
  /** Subject of an item, by item ordinal; -1 for items that are not trained on. */
  readonly subjectOf: Int32Array;
  /** Class of an item; -1 where it has none. */
  readonly classOf: Int32Array;
  /** Finds all subjects that a caption describes. */
  readonly describedSubjects: CaptionOwners;
  /** Finds all classes that a caption describes. */
  readonly describedClasses: CaptionOwners;
  /** Ordinals of the training images. */
  readonly training: readonly number[];
  /** Ordinals of the validation sample; their order depends only on the ids of the items. */
  readonly validation: readonly number[];
  /** Read a picture. The next call overwrites its pixels. @param random - draws one of its styles */
  picture(item: number, random?: Random): Picture;
  /**
   * Draw `count` items for a step. Emoji are drawn by concept (see `emojiShare`). Sets without emoji
   * give each image once an epoch.
   */
  draw(step: number, count: number, emojiShare: number, random: Random): number[];
  close(): void;
}

/**
 * Load a prepared set for training.
 *
 * @throws DiptychError `unreadable_source` if there is too little to learn from
 */
export function loadTrainingSet(dir: string, config: DrawSettings): TrainingSet {
  const dataset = openDataset(dir);
  const { items } = dataset;
  const validation = validationSample(items, config.validation);
  const heldOut = new Set(validation);
  const training = items.flatMap((item, i) =>
    item.split === 'train' && !heldOut.has(i) ? [i] : [],
  );
  const subjectOf = new Int32Array(items.length).fill(-1);
  const subjects = groupBy(training, (i) => items[i].concept ?? `item:${items[i].id}`).map(
    ([id, members], index): Subject => {
      for (const i of members) subjectOf[i] = index;
      const concept = dataset.concepts.get(id) ?? conceptOf(items[members[0]]);
      const pool = captionPool(concept);
      for (const i of members) items[i].captions.forEach((c) => pool.add(c.toLowerCase()));
      return { concept, items: members, pool };
    },
  );
  if (subjects.length < 2) {
    throw new DiptychError(
      'unreadable_source',
      `${dir}: expected at least two different images to train on, got ${subjects.length}`,
    );
  }
  const classOf = new Int32Array(items.length).fill(-1);
  const classes = groupBy(training, (i) => items[i].concept ?? items[i].label)
    .filter(([, members]) => members.length >= config.minItemsPerClass)
    .map(([, members], index): ImageClass => {
      for (const i of members) classOf[i] = index;
      const pools = new Set(members.map((i) => subjects[subjectOf[i]].pool));
      return { items: members, pool: new Set([...pools].flatMap((pool) => [...pool])) };
    });
  const pixels = openPixels(dataset);
  const side = dataset.manifest.imageSize;
  const buffer = new Uint8Array(side * side * 4);
  return {
    dataset,
    subjects,
    classes,
    words: collectWords(subjects, dataset, config.minItemsPerWord),
    subjectOf,
    classOf,
    describedSubjects: captionOwners(subjects),
    describedClasses: captionOwners(classes),
    training,
    validation,
    picture: (i, random) => {
      const { palette, views = [] } = items[i];
      const row = random && views.length > 0 ? random.pick([i, ...views]) : i;
      return { pixels: pixels.read(row, buffer), side, palette };
    },
    draw: sampler(subjects, training, config.seed),
    close: () => pixels.close(),
  };
}

function sampler(
  subjects: readonly Subject[],
  training: readonly number[],
  seed: number,
): TrainingSet['draw'] {
  const emoji = subjects.filter(({ concept }) => concept.group !== undefined);
  if (emoji.length === 0) {
    const order = epochOrder(training, seed);
    return (step, count) => Array.from({ length: count }, (_, row) => order(step * count + row));
  }
  const rest = subjects.filter(({ concept }) => concept.group === undefined);
  const others = rest.flatMap(({ items }) => items);
  return (_step, count, emojiShare, random) =>
    Array.from({ length: count }, () =>
      others.length === 0 || random.uniform() < emojiShare
        ? random.pick(random.pick(emoji).items)
        : random.pick(others),
    );
}

/** Get the item at a position of an endless sequence that has each item once an epoch, shuffled anew. */
function epochOrder(items: readonly number[], seed: number): (position: number) => number {
  let shuffled = Uint32Array.from(items);
  let current = -1;
  return (position) => {
    const epoch = Math.floor(position / items.length);
    if (epoch !== current) {
      current = epoch;
      shuffled = Uint32Array.from(items);
      const random = createRandom(seed * 6007 + epoch * 9973);
      for (let i = shuffled.length - 1; i > 0; i--) {
        const j = random.integer(i + 1);
        [shuffled[i], shuffled[j]] = [shuffled[j], shuffled[i]];
      }
    }
    return shuffled[position % items.length];
  };
}

/** Choose the items with the smallest hashes, which do not depend on the order or growth of the set. */
function validationSample(
  items: readonly Item[],
  { items: count, from }: DrawSettings['validation'],
): number[] {
  const candidates = items.flatMap(({ split, id }, i) =>
    split === from ? [{ i, hash: sha256Hex(id) }] : [],
  );
  // Take at most a tenth of the images that training could use.
  const most = from === 'train' ? Math.min(count, Math.floor(candidates.length / 10)) : count;
  return candidates
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .slice(0, most)
    .map(({ i }) => i);
}

function groupBy<T>(values: readonly T[], key: (value: T) => string | undefined): [string, T[]][] {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const name = key(value);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return [...groups];
}

/** Make a subject of an item without a concept: its title and tags are the pool. */
function conceptOf(item: Item): Concept {
  return {
    id: `item:${item.id}`,
    names: item.captions.length ? [] : [item.title],
    keywords: item.tags,
    languages: {},
  };
}
