import { DiptychError } from '../../../src/errors.ts';
import type { Item } from '../../data/prepared/prepared.ts';
import type { PreparedDataset } from '../../data/prepared/read-dataset.ts';
import { createRandom } from '../../common/random.ts';

export interface ItemChoice {
  /** Only items of this set. */
  readonly set?: string;
  readonly split?: Item['split'];
}

/**
 * List the items of a set and a split.
 *
 * @returns ordinals
 * @throws DiptychError `not_prepared` when there is no such item
 */
export function chooseItems(dataset: PreparedDataset, { set, split }: ItemChoice): number[] {
  const chosen = [...dataset.items.keys()].filter((ordinal) => {
    const item = dataset.items[ordinal];
    return (set === undefined || item.set === set) && (split === undefined || item.split === split);
  });
  if (chosen.length > 0) return chosen;
  const sets = [...new Set(dataset.items.map((item) => item.set ?? 'none'))].sort();
  throw new DiptychError(
    'not_prepared',
    `${dataset.dir}: no item in set ${set ?? 'any'}, split ${split ?? 'any'}; its sets: ${sets.join(', ')}`,
  );
}

/** Draw the same random sample on each call, in the order of the items. */
export function sampleItems(items: readonly number[], limit = items.length): readonly number[] {
  if (limit >= items.length) return items;
  const random = createRandom(0);
  const pool = [...items];
  for (let i = 0; i < limit; i++) {
    const other = i + random.integer(pool.length - i);
    [pool[i], pool[other]] = [pool[other], pool[i]];
  }
  return pool.slice(0, limit).sort((a, b) => a - b);
}
