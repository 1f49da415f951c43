import { DiptychError } from '../errors.ts';
import { createMemory, instantiate } from '../kernel/webassembly.ts';
import type { WasmMemory } from '../kernel/webassembly.ts';
import type { EncoderKernel } from './encoder-kernel.ts';
import type { StoredHeader, TensorType } from '../version/weights-format.ts';

const pageBytes = 65536;
/** The module keeps the constants of its exponential function in the first page. */
const weightsAt = pageBytes;

/**
 * The linear memory of one tower: the page of the module, the weights file as it is, scratch.
 * Fill `weights` (by streaming, say), then open a tower over it.
 */
export interface EncoderMemory {
  readonly kernel: EncoderKernel;
  readonly memory: WasmMemory;
  /** The bytes of the weights file. Opening a tower makes this view invalid. */
  readonly weights: Uint8Array<ArrayBuffer>;
}

/**
 * Make room for a weights file in a memory of its own.
 *
 * @param module - `encoder.wasm`
 * @param weightsBytes - size of the file
 */
export function createEncoderMemory(
  module: WebAssembly.Module,
  weightsBytes: number,
): EncoderMemory {
  const memory = createMemory(Math.ceil(weightsBytes / pageBytes) + 1);
  const weights = new Uint8Array(memory.buffer, weightsAt, weightsBytes);
  return { kernel: instantiate(module, memory), memory, weights };
}

/** A run of float32 in the memory. */
export interface Room {
  /** Address, bytes. */
  readonly at: number;
  readonly values: Float32Array;
}

/** Append zeroed scratch of the given lengths. This makes earlier views of the memory invalid. */
export function addScratch<Name extends string>(
  { memory }: EncoderMemory,
  lengths: Readonly<Record<Name, number>>,
): Record<Name, Room> {
  const start = memory.buffer.byteLength;
  const places = new Map<Name, number>();
  let end = start;
  for (const [name, length] of Object.entries(lengths) as [Name, number][]) {
    places.set(name, end);
    end += Math.ceil((length * 4) / 64) * 64;
  }
  memory.grow(Math.ceil((end - start) / pageBytes));
  const rooms = [...places].map(([name, at]) => {
    const values = new Float32Array(memory.buffer, at, lengths[name]);
    return [name, { at, values }] as const;
  });
  return Object.fromEntries(rooms) as Record<Name, Room>;
}

/** Find the address of a tensor of this name, shape and type (float32 by default). */
export type TensorAddress = (name: string, shape: readonly number[], type?: TensorType) => number;

/**
 * Give addresses of tensors by name.
 *
 * @returns a function that throws `unreadable_model` for a missing tensor, another shape or type
 */
export function tensorAddresses({ tower, tensors }: StoredHeader): TensorAddress {
  return (name, shape, type = 'float32') => {
    const place = tensors[name];
    const expected = `${type} [${shape.join(', ')}]`;
    const got = place ? `${place.type} [${place.shape.join(', ')}]` : 'nothing';
    if (!place || got !== expected) {
      throw new DiptychError(
        'unreadable_model',
        `${tower} weights: ${name}: expected ${expected}, got ${got}`,
      );
    }
    return weightsAt + place.offset;
  };
}
