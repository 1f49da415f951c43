import type { Transferable } from 'node:worker_threads';
import type { PackedError } from './pack-error.ts';

/**
 * The table of functions of a thread. A function gets the input of a request, and a function that
 * sends notes about its progress. The thread gives the table to `answerRequests`; the asking side
 * imports its type.
 */
export type Answers = Readonly<Record<string, (input: never, tell: never) => unknown>>;

/** A message to the thread. */
export interface ThreadRequest {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

/** A message from the thread: any number of notes about a request, then its answer or its failure. */
export type ThreadReply =
  | { readonly id: number; readonly note: unknown }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: PackedError };

const handedOver = new WeakMap<object, readonly Transferable[]>();

/**
 * Mark buffers of an input or an answer: they are moved to the other thread and not copied. They
 * are empty on this side afterwards.
 *
 * @param buffers - moved as a whole, so that every other view of them becomes empty, too
 * @returns the value itself
 */
export function handOver<T extends object>(value: T, buffers: readonly Transferable[]): T {
  handedOver.set(value, buffers);
  return value;
}

/** Find the buffers of a value that {@link handOver} marked. */
export function buffersOf(value: unknown): readonly Transferable[] {
  return typeof value === 'object' && value !== null ? (handedOver.get(value) ?? []) : [];
}
