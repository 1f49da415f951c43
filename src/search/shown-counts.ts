import type { CaptionColumns } from '../version/captions.ts';
import type { ItemColumns } from '../version/items.ts';

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
  { ids }: ItemColumns,
  captions: CaptionColumns,
  deleted: ReadonlySet<string>,
): ShownCounts {
  const isShown = ids.map((id) => !deleted.has(id));
  const described = captions.items.filter((items) => items.some((ordinal) => isShown[ordinal]));
  return { items: isShown.filter(Boolean).length, captions: described.length };
}
