import { createHash } from 'node:crypto';
import { DiptychError } from '../../../src/errors.ts';

/** Chooses items for validation; `add` is called once for each item. */
export interface SplitChooser {
  add(id: string): void;
  /** @returns ordinals, in the order of `add` */
  chosen(): ReadonlySet<number>;
}

/**
 * Hold out the items whose ids have the smallest hashes. The choice does not depend on the order
 * of items, and it hardly changes when items are added.
 *
 * @param validation - below 1 a share, else a number of items
 */
export function splitChooser(validation: number): SplitChooser {
  const hashes: number[] = [];
  return {
    add: (id) => hashes.push(createHash('sha256').update(id).digest().readUIntBE(0, 6)),
    chosen() {
      if (validation === 0) return new Set();
      const share = Math.max(1, Math.round(validation * hashes.length));
      const count = validation < 1 ? share : validation;
      if (count >= hashes.length && hashes.length > 0) {
        throw new DiptychError(
          'invalid_option',
          `--validation ${validation}: ${count} of ${hashes.length} items, which leaves none to train on`,
        );
      }
      const order = hashes.map((_, i) => i).sort((a, b) => hashes[a] - hashes[b]);
      return new Set(order.slice(0, count));
    },
  };
}
