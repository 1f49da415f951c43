import { DiptychError } from '../../src/errors.ts';
import type { Concept, Item } from '../dataset/prepared.ts';
import { openDataset, readPixels } from '../dataset/read-dataset.ts';
import type { Random } from '../random.ts';
import { captionPool } from './captions.ts';
import type { Picture } from './augment.ts';

/** One thing that pictures show: every training picture belongs to exactly one subject. */
export interface Subject {
  readonly concept: Concept;
  /** Ordinals of its training pictures. */
  readonly items: readonly number[];
  /** Lower-cased captions that describe it. */
  readonly pool: ReadonlySet<string>;
}

/** The training pictures of a prepared set, grouped by subject. */
export interface TrainingSet {
  readonly subjects: readonly Subject[];
  readonly items: readonly Item[];
  /** Subject of an item, by item ordinal; -1 for validation items. */
  readonly subjectOf: Int32Array;
  picture(item: number): Picture;
  /** Draw a training item, see `emojiShare` in config.ts. */
  draw(emojiShare: number, random: Random): number;
}

/** Load a prepared set for training; validation items are left out. Shares `pixels` if given. */
export function loadTrainingSet(dir: string, pixels?: SharedArrayBuffer): TrainingSet {
  const dataset = openDataset(dir);
  const side = dataset.manifest.imageSize;
  const bytes = pixels ? new Uint8Array(pixels) : readPixels(dataset);
  const { items } = dataset;
  const byConcept = new Map<string, number[]>();
  items.forEach((item, i) => {
    if (item.split !== 'train') return;
    const key = item.concept ?? `item:${item.id}`;
    const list = byConcept.get(key);
    if (list) list.push(i);
    else byConcept.set(key, [i]);
  });
  if (byConcept.size === 0) {
    throw new DiptychError('unreadable_source', `${dir}: no item is of split 'train'`);
  }
  const subjectOf = new Int32Array(items.length).fill(-1);
  const subjects = [...byConcept].map(([id, members], index): Subject => {
    for (const i of members) subjectOf[i] = index;
    const concept = dataset.concepts.get(id) ?? conceptOf(items[members[0]]);
    const pool = captionPool(concept);
    for (const i of members) items[i].captions.forEach((c) => pool.add(c.toLowerCase()));
    return { concept, items: members, pool };
  });
  const emoji = subjects.filter((s) => s.concept.group !== undefined);
  const rest = subjects.filter((s) => s.concept.group === undefined).flatMap((s) => s.items);
  return {
    subjects,
    items,
    subjectOf,
    picture: (i) => ({
      pixels: bytes.subarray(i * side * side * 4, (i + 1) * side * side * 4),
      side,
      palette: items[i].palette,
    }),
    draw: (emojiShare, random) => {
      const share = rest.length === 0 ? 1 : emoji.length === 0 ? 0 : emojiShare;
      return random.uniform() < share ? random.pick(random.pick(emoji).items) : random.pick(rest);
    },
  };
}

/** An item without a concept is a subject of its own: its title and tags are the pool. */
function conceptOf(item: Item): Concept {
  return {
    id: `item:${item.id}`,
    names: item.captions.length ? [] : [item.title],
    keywords: item.tags,
    languages: {},
  };
}
