import { captionsOf } from '../data/prepared/read-dataset.ts';
import type { PreparedDataset } from '../data/prepared/read-dataset.ts';

/** A caption and the items that it describes, by ordinal. */
export interface Caption {
  readonly text: string;
  readonly items: readonly number[];
}

/**
 * Collect the distinct captions of a data set, short ones first, so that texts of similar length
 * share a batch and need little padding.
 */
export function collectCaptions(dataset: PreparedDataset): Caption[] {
  const itemsOf = new Map<string, number[]>();
  for (const [ordinal, item] of dataset.items.entries()) {
    for (const text of captionsOf(dataset, item)) {
      const items = itemsOf.get(text);
      if (items) items.push(ordinal);
      else itemsOf.set(text, [ordinal]);
    }
  }
  return [...itemsOf]
    .map(([text, items]) => ({ text, items }))
    .sort((a, b) => a.text.length - b.text.length);
}
