import type { Transferable } from 'node:worker_threads';
import type { PackedError } from './pack-error.ts';

/**
 * What a thread answers: a function for each name, which gets the input and may tell of its progress.
 * The thread hands its table to `answerRequests`; who asks knows the type of that table.
 */
export type Answers = Readonly<Record<string, (input: never, tell: never) => unknown>>;

/** From who asks to the thread. */
export interface ThreadRequest {
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
}

/** From the thread: any number of notes about a request, then its answer or why there is none. */
export type ThreadReply =
  | { readonly id: number; readonly note: unknown }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failure: PackedError };

const handedOver = new WeakMap<object, readonly Transferable[]>();

/**
 * Move buffers of an input or of an answer to the other thread instead of copying them; they are
 * empty here afterwards.
 *
 * @param buffers - whole: every view of them becomes empty, too
 * @returns the value itself
 */
export function handOver<T extends object>(value: T, buffers: readonly Transferable[]): T {
  handedOver.set(value, buffers);
  return value;
}

/** The buffers that {@link handOver} was told of. */
export function buffersOf(value: unknown): readonly Transferable[] {
  return typeof value === 'object' && value !== null ? (handedOver.get(value) ?? []) : [];
}
