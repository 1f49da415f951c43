import type { Caption } from './captions.ts';
import type { ImageClass } from './subject.ts';

/** Finds the groups that a caption describes, by ascending index: their pools have all of its parts. */
export type CaptionOwners = (caption: Caption) => readonly number[];

/** Prepare the look-up. The index of the pools is made when a caption is first looked up. */
export function captionOwners(groups: readonly Pick<ImageClass, 'pool'>[]): CaptionOwners {
  let owners: ReadonlyMap<string, readonly number[]> | null = null;
  return ({ parts }) => {
    const index = (owners ??= indexPools(groups));
    const [first, ...others] = parts.map((part) => index.get(part) ?? []);
    const sets = others.map((list) => new Set(list));
    return first.filter((group) => sets.every((set) => set.has(group)));
  };
}

/** List for each caption the groups whose pool has it, by ascending index. */
function indexPools(groups: readonly Pick<ImageClass, 'pool'>[]): Map<string, number[]> {
  const owners = new Map<string, number[]>();
  groups.forEach(({ pool }, index) => {
    for (const caption of pool) {
      const list = owners.get(caption);
      if (list) list.push(index);
      else owners.set(caption, [index]);
    }
  });
  return owners;
}
