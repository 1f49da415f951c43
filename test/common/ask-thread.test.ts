import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { askThread, type AskedThread } from '../../gpu-embedder/common/threads/ask-thread.ts';
import { handOver } from '../../gpu-embedder/common/threads/thread-messages.ts';
import { createThreadPool } from '../../gpu-embedder/common/threads/thread-pool.ts';
import { DiptychError } from '../../src/errors.ts';
import type { TestAnswers } from './answering-thread.ts';

const dir = mkdtempSync(join(tmpdir(), 'diptych-ask-'));
const entry = join(dir, 'thread.mjs');
const started: AskedThread<TestAnswers>[] = [];

beforeAll(() =>
  build({
    entryPoints: [join(import.meta.dirname, 'answering-thread.ts')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile: entry,
  }),
);
afterEach(async () => {
  await Promise.all(started.splice(0).map((thread) => thread.dispose()));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function start(...argv: string[]): AskedThread<TestAnswers> {
  const thread = askThread<TestAnswers>(new Worker(entry, { argv }), {
    what: 'the thread of the test',
    code: 'embedder_failed',
  });
  started.push(thread);
  return thread;
}

test('answers requests side by side, each with its own answer', async () => {
  const thread = start();
  const waiting = [thread.ask('wait'), thread.ask('wait')];
  expect(await Promise.all([3, 4].map((value) => thread.ask('square', value)))).toEqual([9, 16]);
  expect(thread.owed()).toBe(2);
  await thread.ask('letGo');
  expect(await Promise.all(waiting)).toEqual([2, 2]);
  expect(thread.owed()).toBe(0);
});

test('sends notes before the answer; if the receiver of a note throws, its request fails', async () => {
  const thread = start();
  const notes: number[] = [];
  expect(await thread.ask('count', 3, (done) => void notes.push(done))).toBe(3);
  expect(notes).toEqual([1, 2, 3]);
  const refused = thread.ask('count', 3, () => {
    throw new Error('no room for notes');
  });
  await expect(refused).rejects.toThrow('no room for notes');
  expect(await thread.ask('square', 2)).toBe(4);
});

test('moves the buffers that are handed over, there and back', async () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const answer = start().ask('pass', handOver(bytes, [bytes.buffer]));
  expect(bytes.length).toBe(0);
  expect(await answer).toEqual(Uint8Array.of(1, 2, 3));
});

test('an error keeps code, details and causes; one without a code keeps its stack', async () => {
  const thread = start();
  const error = await thread.ask('fail').catch((error: unknown) => error as DiptychError);
  expect(error).toBeInstanceOf(DiptychError);
  expect(error).toMatchObject({
    code: 'write_failed',
    message: 'no room',
    details: { path: 'x' },
    cause: { message: 'the disk', cause: { name: 'RangeError', message: 'is full' } },
  });
  const plain = await thread.ask('failPlainly').catch((error: unknown) => error as Error);
  expect(plain).toMatchObject({ name: 'TypeError', message: 'not foreseen' });
  expect(plain).not.toBeInstanceOf(DiptychError);
  expect((plain as Error).stack).toContain('failPlainly');
});

test('an answer that cannot be sent fails its request alone', async () => {
  const thread = start();
  await expect(thread.ask('answerNothingCloneable')).rejects.toThrow(/could not be cloned/);
  expect(await thread.ask('square', 2)).toBe(4);
});

test('if the thread cannot open its table, each request fails with the reason', async () => {
  const thread = start('--broken');
  for (const value of [1, 2]) {
    await expect(thread.ask('square', value)).rejects.toMatchObject({ code: 'unreadable_model' });
  }
});

describe('a thread that ends', () => {
  test.each([
    ['exit', 'the thread of the test ended with code 3'],
    ['crash', 'the thread of the test ended: out of nowhere'],
  ] as const)('by %s fails its own requests, and no others', async (how, message) => {
    const [dying, living] = [start(), start()];
    const fine = living.ask('wait');
    const owed = await Promise.allSettled([dying.ask('wait'), dying.ask(how)]);
    for (const outcome of owed) {
      expect(outcome).toMatchObject({ reason: { code: 'embedder_failed', message } });
    }
    expect(dying.isAlive()).toBe(false);
    expect(await dying.died).toMatchObject({ message });
    await expect(dying.ask('square', 2)).rejects.toThrow(message);
    await living.ask('letGo');
    expect(await fine).toBe(1);
    expect(living.isAlive()).toBe(true);
  });

  test('by dispose fails its requests, and does not count as died', async () => {
    const thread = start();
    const owed = expect(thread.ask('wait')).rejects.toThrow('was stopped');
    await thread.dispose();
    await owed;
    expect(await Promise.race([thread.died, Promise.resolve('not')])).toBe('not');
  });
});

describe('a pool', () => {
  test('gives each request to the thread that owes least, up to a number of requests per thread', async () => {
    const pool = createThreadPool(() => start(), { threads: 2, perThread: 2 });
    const answers = Array.from({ length: 5 }, () => pool.ask('wait'));
    await expect.poll(() => started.map((thread) => thread.owed())).toEqual([2, 2]);
    await Promise.all(started.map((thread) => thread.ask('letGo')));
    expect(await Promise.all(answers.slice(0, 4))).toEqual([2, 2, 2, 2]);
    // The fifth request had to wait until a thread had a free place.
    await expect.poll(() => started.map((thread) => thread.owed()).toSorted()).toEqual([0, 1]);
    await Promise.all(started.map((thread) => thread.ask('letGo')));
    expect(await answers[4]).toBe(1);
  });

  test('fails only the requests of a thread that ended, and replaces the thread', async () => {
    const pool = createThreadPool(() => start(), { threads: 2, perThread: 1 });
    const [died, lived] = [pool.ask('exit'), pool.ask('wait')];
    const waited = pool.ask('square', 5);
    await expect(died).rejects.toThrow('ended with code 3');
    expect(await waited).toBe(25);
    await started[1].ask('letGo');
    expect(await lived).toBe(1);
    expect(started.map((thread) => thread.isAlive())).toEqual([false, true, true]);
  });

  test('fails the requests that wait for a place when it is disposed', async () => {
    const pool = createThreadPool(() => start(), { threads: 1, perThread: 1 });
    const sent = expect(pool.ask('wait')).rejects.toThrow('the thread of the test was stopped');
    const waits = expect(pool.ask('wait')).rejects.toThrow('the pool of threads was stopped');
    await expect.poll(() => started[0]?.owed()).toBe(1);
    await pool.dispose();
    await Promise.all([sent, waits]);
    expect(started).toHaveLength(1);
  });
});
