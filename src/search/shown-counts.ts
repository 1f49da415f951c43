import type { CaptionTable } from '../version/tables/caption-table.ts';
import type { ItemTable } from '../version/tables/item-table.ts';
import { shownCaptions, shownItems } from './shown-items.ts';

/** How many items and captions a version shows. */
export interface ShownCounts {
  readonly items: number;
  readonly captions: number;
}

/**
 * Count what a version shows without its deleted items: the other items, and the captions that
 * describe at least one of them.
 */
export function shownCounts(
  items: ItemTable,
  captions: CaptionTable,
  deleted: ReadonlySet<string>,
): ShownCounts {
  const isShown = shownItems(items, deleted);
  const described = shownCaptions(captions, isShown);
  const count = (shown: readonly boolean[]) => shown.filter(Boolean).length;
  return { items: count(isShown), captions: count(described) };
}
