import { parentPort } from 'node:worker_threads';
import { packError } from './pack-error.ts';
import {
  buffersOf,
  type Answers,
  type ThreadReply,
  type ThreadRequest,
} from './thread-messages.ts';

type Work = (input: unknown, tell: (note: unknown) => void) => unknown;

/**
 * Answer, in a thread, what `askThread` asks it. Requests are answered side by side: one that awaits
 * lets the next one begin.
 *
 * @param answers - the table, or what opens it; where that fails, every request fails with it
 */
export function answerRequests(answers: Answers | Promise<Answers>): void {
  const port = parentPort!;
  // A failure is for who asks, who may not have asked yet.
  const opened = Promise.resolve(answers);
  opened.catch(() => {});
  const reply = (message: ThreadReply, value: unknown) =>
    port.postMessage(message, [...buffersOf(value)]);

  async function answer({ id, name, input }: ThreadRequest): Promise<void> {
    try {
      // Who asks has the type of this table, so the input is what the function takes.
      const work = (await opened)[name] as Work;
      const value = await work(input, (note) => reply({ id, note }, note));
      reply({ id, answer: value }, value);
    } catch (error) {
      reply({ id, failure: packError(error) }, null);
    }
  }

  port.on('message', (request: ThreadRequest) => void answer(request));
}
