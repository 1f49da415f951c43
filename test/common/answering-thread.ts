import { answerRequests } from '../../gpu-embedder/common/threads/answer-requests.ts';
import { handOver } from '../../gpu-embedder/common/threads/thread-messages.ts';
import { DiptychError } from '../../src/errors.ts';

const answers = {
  square: (value: number) => value ** 2,
  /** Answers when `letGo` is called, with the number of requests that waited. */
  wait: () => new Promise<number>((resolve) => waiting.push(resolve)),
  letGo: () => {
    const count = waiting.length;
    for (const resolve of waiting.splice(0)) resolve(count);
  },
  count: (to: number, tell: (done: number) => void) => {
    for (let done = 1; done <= to; done++) tell(done);
    return to;
  },
  /** @returns the same bytes, moved there and back */
  pass: (bytes: Uint8Array<ArrayBuffer>) => handOver(bytes, [bytes.buffer]),
  fail: () => {
    const cause = new Error('the disk', { cause: new RangeError('is full') });
    throw new DiptychError('write_failed', 'no room', { path: 'x' }, { cause });
  },
  failPlainly: () => {
    throw new TypeError('not foreseen');
  },
  answerNothingCloneable: () => () => 1,
  exit: () => process.exit(3),
  crash: () => {
    setImmediate(() => {
      throw new Error('out of nowhere');
    });
    return new Promise<never>(() => {});
  },
};
const waiting: ((count: number) => void)[] = [];

export type TestAnswers = typeof answers;

answerRequests(process.argv.includes('--broken') ? Promise.reject(broken()) : answers);

function broken(): DiptychError {
  return new DiptychError('unreadable_model', 'nothing to open');
}
