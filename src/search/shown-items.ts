import type { CaptionTable } from '../version/tables/caption-table.ts';
import type { ItemTable } from '../version/tables/item-table.ts';

/** Tell for each item of a version whether it is shown, when some ids are deleted. */
export function shownItems(items: ItemTable, deleted: ReadonlySet<string>): boolean[] {
  const isShown = new Array<boolean>(items.count).fill(true);
  for (const id of deleted) {
    const ordinal = items.find(id);
    if (ordinal !== undefined) isShown[ordinal] = false;
  }
  return isShown;
}

/** Tell for each caption whether it describes an item that is shown. */
export function shownCaptions(
  { count, itemsOf }: CaptionTable,
  isShown: readonly boolean[],
): boolean[] {
  return Array.from({ length: count }, (_, caption) => itemsOf(caption).some((id) => isShown[id]));
}
