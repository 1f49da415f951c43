import { expect, it } from 'vitest';
import { budgetMemory, decodeBudget } from '../../../gpu-embedder/common/images/decode-budget.ts';

const mebibyte = 1024 ** 2;

/** Work that ends when the test says so. */
function work() {
  let end = () => {};
  let begin = () => {};
  const began = new Promise<void>((resolve) => (begin = resolve));
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = () => {
    begin();
    return ended;
  };
  return { run, began, end };
}

it('keeps what is decoded at a time below the limit, over all threads', async () => {
  const memory = budgetMemory();
  const threads = [1, 2, 3].map(() => decodeBudget(memory, 100 * mebibyte));
  let [inUse, most] = [0, 0];
  const needs = Array.from({ length: 60 }, (_, i) => ((i * 37) % 60) * mebibyte);
  await Promise.all(
    needs.map((need, i) =>
      threads[i % threads.length].during(need, async () => {
        inUse += need;
        most = Math.max(most, inUse);
        await new Promise(setImmediate);
        inUse -= need;
      }),
    ),
  );
  expect(inUse).toBe(0);
  expect(most).toBeLessThanOrEqual(100 * mebibyte);
  expect(most).toBeGreaterThan(59 * mebibyte);
});

it('decodes what needs more than the limit when nothing else is decoded', async () => {
  const budget = decodeBudget(budgetMemory(), 100 * mebibyte);
  const [small, huge, next] = [work(), work(), work()];
  const order: string[] = [];
  const all = [
    budget.during(10 * mebibyte, small.run).then(() => order.push('small')),
    budget.during(4000 * mebibyte, huge.run).then(() => order.push('huge')),
    budget.during(10 * mebibyte, next.run).then(() => order.push('next')),
  ];
  await small.began;
  small.end();
  await huge.began;
  // The one that came later does not overtake, although it would have had room from the start.
  next.end();
  huge.end();
  await Promise.all(all);
  expect(order).toEqual(['small', 'huge', 'next']);
});

it('gives the memory back when a picture cannot be decoded', async () => {
  const budget = decodeBudget(budgetMemory(), mebibyte);
  for (let i = 0; i < 3; i++) {
    await expect(budget.during(mebibyte, () => Promise.reject(new Error('cut')))).rejects.toThrow();
  }
  expect(await budget.during(mebibyte, () => Promise.resolve('decoded'))).toBe('decoded');
});
