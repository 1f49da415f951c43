import type { Caption } from './captions.ts';
import type { ImageClass } from './training-set.ts';

/** By caption, ascending indices of the groups whose pool has it. */
export type CaptionOwners = ReadonlyMap<string, readonly number[]>;

export function captionOwners(groups: readonly Pick<ImageClass, 'pool'>[]): CaptionOwners {
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

/** Groups that every part of the caption describes. */
export function describedBy({ parts }: Caption, owners: CaptionOwners): readonly number[] {
  const [first, ...others] = parts.map((part) => owners.get(part) ?? []);
  const sets = others.map((list) => new Set(list));
  return first.filter((index) => sets.every((set) => set.has(index)));
}
