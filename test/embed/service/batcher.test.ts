import { expect, it } from 'vitest';
import { createBatcher } from '../../../gpu-embedder/embed/service/embedder/batcher.ts';
import { deferred } from './start-service.ts';

/** Make a batcher of numbers, each of which is its own embedding. A run waits until `finish` is called. */
function recordedBatcher(maxRows: number) {
  const runs: { rows: readonly number[]; finish: (error?: Error) => void }[] = [];
  let told = deferred();
  const batcher = createBatcher<number>({
    maxRows,
    waitMs: 0,
    dim: 1,
    run: async (rows) => {
      const end = deferred<Error | undefined>();
      runs.push({ rows, finish: end.resolve });
      told.resolve();
      const error = await end.promise;
      if (error) throw error;
      return Float32Array.from(rows);
    },
  });
  const nextRun = async () => {
    await told.promise;
    told = deferred();
    return runs.at(-1)!;
  };
  return { batcher, runs, nextRun };
}

const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

it('gives every caller the embeddings of its own rows, whichever runs they were in', async () => {
  const { batcher, runs, nextRun } = recordedBatcher(4);
  const results = [batcher.submit([0])];
  const first = await nextRun();
  results.push(batcher.submit(numbers(10, 6)), batcher.submit([20, 21]));
  first.finish();
  for (let run = 0; run < 2; run++) (await nextRun()).finish();
  const got = (await Promise.all(results)).map((rows) => [...rows]);
  expect(got).toEqual([[0], numbers(10, 6), [20, 21]]);
  expect(runs.map(({ rows }) => rows.length)).toEqual([1, 4, 4]);
  expect(batcher.waiting()).toBe(0);
});

it('lets a small request pass a large one that came first', async () => {
  const { batcher, nextRun } = recordedBatcher(4);
  const large = batcher.submit(numbers(0, 12));
  const first = await nextRun();
  const small = batcher.submit([100]);
  first.finish();
  const second = await nextRun();
  expect(second.rows).toEqual([100, 4, 5, 6]);
  second.finish();
  expect([...(await small)]).toEqual([100]);
  for (let run = 0; run < 2; run++) (await nextRun()).finish();
  expect([...(await large)]).toEqual(numbers(0, 12));
});

it('finishes large requests one after the other', async () => {
  const { batcher, nextRun } = recordedBatcher(4);
  const large = [batcher.submit(numbers(0, 8)), batcher.submit(numbers(10, 8))];
  const runs: (readonly number[])[] = [];
  for (let i = 0; i < 4; i++) {
    const run = await nextRun();
    runs.push(run.rows);
    run.finish();
  }
  await Promise.all(large);
  expect(runs).toEqual([numbers(0, 4), numbers(4, 4), numbers(10, 4), numbers(14, 4)]);
});

it('fails only the requests that had rows in a failed run', async () => {
  const { batcher, nextRun } = recordedBatcher(2);
  const bad = batcher.submit([0, 1, 2, 3]);
  const first = await nextRun();
  const good = batcher.submit([10]);
  first.finish(new Error('out of memory'));
  await expect(bad).rejects.toThrow('out of memory');
  const next = await nextRun();
  expect(next.rows).toEqual([10]);
  next.finish();
  expect([...(await good)]).toEqual([10]);
});

it('drops the waiting rows of a request that was aborted', async () => {
  const { batcher, nextRun } = recordedBatcher(2);
  const first = batcher.submit([0]);
  const run = await nextRun();
  const gone = new AbortController();
  const dropped = batcher.submit([1, 2, 3], gone.signal);
  const last = batcher.submit([4]);
  gone.abort(new Error('gone'));
  await expect(dropped).rejects.toThrow('gone');
  run.finish();
  const next = await nextRun();
  expect(next.rows).toEqual([4]);
  next.finish();
  expect([...(await first), ...(await last)]).toEqual([0, 4]);
});
