import { expect, test } from 'vitest';
import { retry, waitFor } from '../src/retry.ts';

/** Fails so often, then succeeds. */
function failing(times: number) {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls <= times) throw new Error(`failure ${calls}`);
    return calls;
  };
}

test('does work again after each delay until it succeeds', async () => {
  const waits: number[] = [];
  const told: string[] = [];
  const result = await retry(failing(3), {
    delayMs: (_, attempt) => 10 * attempt,
    onWait: (error, ms) => told.push(`${(error as Error).message}: ${ms}`),
    wait: async (ms) => void waits.push(ms),
  });
  expect(result).toBe(4);
  expect(waits).toEqual([10, 20, 30]);
  expect(told).toEqual(['failure 1: 10', 'failure 2: 20', 'failure 3: 30']);
});

test('throws the last failure where there is no delay', async () => {
  const delayMs = (error: unknown, attempt: number) =>
    (error as Error).message === 'failure 2' || attempt > 2 ? null : 0;
  await expect(retry(failing(9), { delayMs })).rejects.toThrow('failure 2');
});

test('an aborted signal ends the wait with its reason, and the work is not done again', async () => {
  const stop = new AbortController();
  let calls = 0;
  const work = () => {
    calls += 1;
    return Promise.reject(new Error('failure'));
  };
  const onWait = () => stop.abort(new Error('stopped'));
  const done = retry(work, { delayMs: () => 60_000, signal: stop.signal, onWait });
  await expect(done).rejects.toThrow('stopped');
  expect(calls).toBe(1);
});

test('a failure after the signal is not waited for', async () => {
  const signal = AbortSignal.abort(new Error('stopped before'));
  const delayMs = () => expect.unreachable('it asks for no delay');
  await expect(retry(failing(1), { delayMs, signal })).rejects.toThrow('stopped before');
  await expect(waitFor(60_000, signal)).rejects.toThrow('stopped before');
});
