import { parentPort, type Transferable } from 'node:worker_threads';
import { packError } from './pack-error.ts';
import {
  buffersOf,
  type Answers,
  type ThreadReply,
  type ThreadRequest,
} from './thread-messages.ts';

/** The port of a process that `startProcess` started. */
const processPort = {
  on: (event: string, listener: (request: ThreadRequest) => void) => process.on(event, listener),
  /** Buffers are copied to another process, never moved. */
  postMessage: (message: ThreadReply, _moved: readonly Transferable[]) =>
    void process.send?.(message),
};

type Work = (input: unknown, tell: (note: unknown) => void) => unknown;

/**
 * Answer, inside a thread or a process, the requests that `askThread` sends. Several requests can be in progress:
 * while one awaits something, the next one begins.
 *
 * @param answers - the table of functions, or its promise; if that rejects, every request fails
 *   with its error
 */
export function answerRequests(answers: Answers | Promise<Answers>): void {
  const port = parentPort ?? processPort;
  // Each request reports the failure. Without this line, it would end the thread before the first one.
  const opened = Promise.resolve(answers);
  opened.catch(() => {});
  const reply = (message: ThreadReply, value: unknown) =>
    port.postMessage(message, [...buffersOf(value)]);

  async function answer({ id, name, input }: ThreadRequest): Promise<void> {
    try {
      // The asking side has the type of this table, so the input has the type of the parameter.
      const work = (await opened)[name] as Work;
      const value = await work(input, (note) => reply({ id, note }, note));
      reply({ id, answer: value }, value);
    } catch (error) {
      reply({ id, failure: packError(error) }, null);
    }
  }

  port.on('message', (request: ThreadRequest) => void answer(request));
}
