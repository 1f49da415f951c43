import { sizeOf } from '../onnx/operators/shape-rules.ts';
import type { Slot } from './adamw.ts';
import type { LossGraph } from './step.ts';

/** What an optimiser keeps for each weight. */
export const slotArrays = ['data', 'm', 'v', 'average'] as const;
export type SlotArray = (typeof slotArrays)[number];

/** Parameters that are updated alike, end to end in one array. */
export interface Pack {
  readonly learns: boolean;
  readonly decay: boolean;
  /** It is the logit scale, which has limits. */
  readonly limited: boolean;
  readonly members: readonly PackMember[];
  /** With the zeros that fill the last row. */
  readonly length: number;
}

export interface PackMember {
  readonly name: string;
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** A pack is rows of this many numbers, which a device sums in parallel. */
export const packRow = 1024;
/** Numbers after which a pack is full: it bounds the memory of the update. */
const packLimit = 2 ** 22;

/**
 * Pack the parameters of a graph: a device then runs some twenty kernels for the update of a pack,
 * where each parameter alone would take as many.
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

/** Lay arrays of the slots end to end. */
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
