import type { Range } from '../version/ranges.ts';

/** The ordinals that a search may find, one bit each. */
export interface ItemFilter {
  /** [ceil(count / 8)]: bit i % 8 of byte i / 8. */
  readonly bits: Uint8Array;
  /** The number of bits that are set. */
  readonly size: number;
}

/** Create a filter by asking `accepts` once for every ordinal below `count`. */
export function createItemFilter(count: number, accepts: (id: number) => boolean): ItemFilter {
  const bits = new Uint8Array(Math.ceil(count / 8));
  let size = 0;
  for (let id = 0; id < count; id++) {
    if (!accepts(id)) continue;
    bits[id >> 3]! |= 1 << (id & 7);
    size++;
  }
  return { bits, size };
}

/** Tell whether a filter lets an ordinal pass. */
export function passes({ bits }: ItemFilter, id: number): boolean {
  return ((bits[id >> 3]! >> (id & 7)) & 1) === 1;
}

/** Cut a filter to a range of ordinals; in the result the range begins at 0. */
export function filterWithin({ first, count }: Range, filter: ItemFilter): ItemFilter {
  return createItemFilter(count, (id) => passes(filter, first + id));
}
