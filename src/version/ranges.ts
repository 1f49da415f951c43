/** `count` ordinals from `first` on. */
export interface Range {
  readonly first: number;
  readonly count: number;
}

/** Cut the ordinals below `count` into ranges whose lengths differ by at most one. */
export function splitRange(count: number, parts: number): Range[] {
  return Array.from({ length: parts }, (_, i) => {
    const first = Math.floor((i * count) / parts);
    return { first, count: Math.floor(((i + 1) * count) / parts) - first };
  });
}

/**
 * Pick the ids that lie in a range: their positions in the list, and their ids counted from
 * `first`.
 */
export function idsWithin(
  { first, count }: Range,
  ids: ArrayLike<number>,
): { readonly places: number[]; readonly local: Uint32Array } {
  const places: number[] = [];
  const local: number[] = [];
  for (const [place, id] of Array.from(ids).entries()) {
    if (!(id >= first && id < first + count)) continue;
    places.push(place);
    local.push(id - first);
  }
  return { places, local: Uint32Array.from(local) };
}

/** Find the position of the range that holds an id. @throws RangeError */
export function rangeOf(ranges: readonly Range[], id: number): number {
  const place = ranges.findIndex(({ first, count }) => id >= first && id < first + count);
  if (place >= 0) return place;
  throw new RangeError(`id: expected one in ${ranges.length} ranges, got ${id}`);
}
