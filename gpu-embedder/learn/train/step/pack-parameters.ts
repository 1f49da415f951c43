import { sizeOf } from '../../onnx/operators/shape-rules.ts';
import type { Slot } from './adamw.ts';
import type { LossGraph } from './step.ts';

/** The arrays that the optimiser keeps for each weight. */
export const slotArrays = ['data', 'm', 'v', 'average'] as const;
export type SlotArray = (typeof slotArrays)[number];

/** Parameters that are updated in the same way, one after another in one array. */
export interface Pack {
  readonly learns: boolean;
  readonly decay: boolean;
  /** True for the logit scale, which has limits. */
  readonly limited: boolean;
  readonly members: readonly PackMember[];
  /** Includes the zeros that fill the last row. */
  readonly length: number;
}

export interface PackMember {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** A pack consists of rows of this many numbers; a device sums rows in parallel. */
export const packRow = 1024;
/** A pack with this many numbers is full. This bounds the memory of the update. */
const packLimit = 2 ** 22;

/**
 * Pack the parameters of a graph. To update a pack, a device runs some twenty kernels; without packs
 * each parameter would need as many.
 */
export function packParameters({ parameters, trained }: LossGraph): Pack[] {
  const learning = new Set(trained.map(({ parameter }) => parameter.name));
  const packs: (Omit<Pack, 'length'> & { readonly members: PackMember[] })[] = [];
  const open = new Map<string, PackMember[]>();
  for (const { name, shape, decay } of parameters) {
    const learns = learning.has(name);
    const kind = { learns, decay: learns && decay, limited: learns && name === 'logit_scale' };
    const key = JSON.stringify(kind);
    const size = sizeOf(shape);
    let members = open.get(key);
    if (!members || members.at(-1)!.end + size > packLimit) {
      members = [];
      open.set(key, members);
      packs.push({ ...kind, members });
    }
    const start = members.at(-1)?.end ?? 0;
    members.push({ name, shape, start, end: start + size });
  }
  return packs.map((pack) => ({
    ...pack,
    length: Math.ceil(pack.members.at(-1)!.end / packRow) * packRow,
  }));
}

/** Copy arrays of the slots into a pack, one after another. */
export function fillPack(
  { members, length }: Pack,
  array: SlotArray,
  slots: ReadonlyMap<string, Slot>,
): Float32Array {
  const packed = new Float32Array(length);
  for (const { name, start } of members) packed.set(slots.get(name)![array], start);
  return packed;
}

/** Put packed numbers back into the arrays of the slots. */
export function unpack(
  { members }: Pack,
  array: SlotArray,
  packed: Float32Array,
  slots: ReadonlyMap<string, Slot>,
): void {
  for (const { name, start, end } of members) {
    slots.get(name)![array].set(packed.subarray(start, end));
  }
}
