import type { Range } from '../artifact/ranges.ts';

/** The ordinals that a search may find, as a bit each. */
export interface ItemFilter {
  /** [ceil(count / 8)]: bit i % 8 of byte i / 8. */
  readonly bits: Uint8Array;
  /** Bits that are set. */
  readonly size: number;
}

/** Ask once for every ordinal below `count`. */
export function createItemFilter(count: number, accepts: (id: number) => boolean): ItemFilter {
  const bits = new Uint8Array(Math.ceil(count / 8));
  let size = 0;
  for (let id = 0; id < count; id++) {
    if (!accepts(id)) continue;
    bits[id >> 3] |= 1 << (id & 7);
    size++;
  }
  return { bits, size };
}

/** Whether a filter lets an ordinal pass. */
export function passes({ bits }: ItemFilter, id: number): boolean {
  return ((bits[id >> 3] >> (id & 7)) & 1) === 1;
}

/** The part of a filter that is about a range, whose ordinals begin at 0 then. */
export function filterWithin({ first, count }: Range, filter: ItemFilter): ItemFilter {
  return createItemFilter(count, (id) => passes(filter, first + id));
}
