import type { EventEmitter } from 'node:events';
import type { Transferable } from 'node:worker_threads';
import { DiptychError, type ErrorCode } from '../../../src/errors.ts';
import { unpackError } from './pack-error.ts';
import {
  buffersOf,
  type Answers,
  type ThreadReply,
  type ThreadRequest,
} from './thread-messages.ts';

/** What a thread or a process is to who asks it; a `Worker` is one. */
export interface AskedPort extends Pick<EventEmitter, 'on'> {
  postMessage(message: unknown, transfer: readonly Transferable[]): void;
  ref(): void;
  unref(): void;
  terminate(): Promise<unknown>;
}

/** A thread that answers requests. Each request names a function of the thread's table. */
export interface AskedThread<A extends Answers> {
  /**
   * Ask the thread.
   *
   * @param args - the input, and a function that is called with each note before the answer
   * @throws the error of the function in the thread, with its code, details and cause; a DiptychError
   *   with the code given to `askThread` if the thread ended
   */
  ask<K extends keyof A & string>(
    name: K,
    ...args: Parameters<A[K]>
  ): Promise<Awaited<ReturnType<A[K]>>>;
  /** Count the requests that have no answer yet. */
  owed(): number;
  /** Tell whether the thread has not ended yet. */
  isAlive(): boolean;
  /** Resolves with the reason when the thread ends although nobody asked it to. */
  readonly died: Promise<DiptychError>;
  /** End the thread; the requests that it has not answered fail. */
  dispose(): Promise<void>;
}

export interface ThreadName {
  /** The thread as messages name it: `the thread of the model`. */
  readonly what: string;
  /** Code of the errors of requests that fail because the thread ended; default `internal`. */
  readonly code?: ErrorCode;
}

interface Owed {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly onNote: ((note: unknown) => void) | undefined;
}

/**
 * Make a thread that calls `answerRequests` answer requests. The thread keeps the process alive only
 * while it owes an answer. When it ends, for whatever reason, the requests that it has not answered
 * fail, and later requests fail at once.
 */
export function askThread<A extends Answers>(
  thread: AskedPort,
  { what, code = 'internal' }: ThreadName,
): AskedThread<A> {
  const owed = new Map<number, Owed>();
  let next = 0;
  let disposed = false;
  let ended: DiptychError | undefined;
  let tellDeath: (why: DiptychError) => void;
  const died = new Promise<DiptychError>((resolve) => (tellDeath = resolve));

  function end(how: string, cause?: unknown): void {
    if (ended) return;
    ended = new DiptychError(code, `${what} ${how}`, undefined, { cause });
    for (const { reject } of owed.values()) reject(ended);
    owed.clear();
    if (!disposed) tellDeath(ended);
  }

  function settle(id: number): Owed | undefined {
    const one = owed.get(id);
    owed.delete(id);
    if (owed.size === 0) thread.unref();
    return one;
  }

  function note(id: number, what: unknown): void {
    try {
      owed.get(id)?.onNote?.(what);
    } catch (error) {
      settle(id)?.reject(error);
    }
  }

  thread.unref();
  thread.on('message', (reply: ThreadReply) => {
    if ('note' in reply) note(reply.id, reply.note);
    else if ('answer' in reply) settle(reply.id)?.resolve(reply.answer);
    else settle(reply.id)?.reject(unpackError(reply.failure));
  });
  thread.on('error', (error: Error | null) => end(`ended: ${error?.message ?? error}`, error));
  thread.on('messageerror', (error: Error) =>
    end(`sent a message that cannot be read: ${error.message}`, error),
  );
  thread.on('exit', (exitCode: number | null) => end(`ended with code ${exitCode}`));

  return {
    died,
    owed: () => owed.size,
    isAlive: () => ended === undefined,
    ask: (name, ...[input, onNote]: readonly unknown[]) =>
      new Promise((resolve, reject) => {
        if (ended) return reject(ended);
        const id = next++;
        const request: ThreadRequest = { id, name, input };
        thread.postMessage(request, [...buffersOf(input)]);
        // The types of the table say that the answer and the notes are what the caller expects.
        owed.set(id, { resolve, reject, onNote } as Owed);
        thread.ref();
      }),
    dispose: async () => {
      disposed = true;
      end('was stopped');
      await thread.terminate();
    },
  };
}
