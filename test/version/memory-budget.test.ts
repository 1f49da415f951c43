import { expect, test } from 'vitest';
import type { Manifest } from '../../src/version/manifest.ts';
import {
  jointMemory,
  memoryBudget,
  shardMemory,
  type LoadedSizes,
} from '../../src/search/open/memory-budget.ts';

const sizes: LoadedSizes = {
  image: { bytes: 60e6, count: 100_000 },
  caption: { bytes: 20e6, count: 30_000 },
  items: 1e6,
  captions: 1e6,
  keywords: 1e6,
  model: { textWeights: 2.5e6, imageWeights: 3.4e6, tokenizer: 1e5 },
};

test('the total is the sum of the parts, each at least its file', () => {
  const { parts, total } = memoryBudget(sizes, 1e9);
  expect(total).toBe(Object.values(parts).reduce((a, b) => a + b));
  expect(parts['image index']).toBeGreaterThan(60e6);
  expect(parts['text tower']).toBeGreaterThan(2.5e6);
  expect(parts['image tower']).toBeGreaterThan(3.4e6);
  expect(total).toBeGreaterThan(89e6);
});

test('above the budget it is refused with a list of the parts, the largest first', () => {
  expect(() => memoryBudget(sizes, 80e6)).toThrow(
    expect.objectContaining({
      code: 'index_too_large',
      message: expect.stringMatching(
        /expected at most 80\.0 MB .*, got \d+\.\d MB: image index 60\.\d, caption index 20\.\d/,
      ),
    }),
  );
});

test('a model that the edge does not run takes nothing', () => {
  const { parts } = memoryBudget({ ...sizes, model: null }, 1e9);
  expect(parts['text tower'] + parts['image tower'] + parts.tokenizer).toBe(0);
});

test('versions share a model', () => {
  const memory = memoryBudget(sizes, 1e9);
  const version = (hash: string) => ({ memory, model: { hash } }) as Manifest;
  const alone = jointMemory([version('a')]);
  expect(alone).toBe(memory.total);
  const model = ['text tower', 'image tower', 'tokenizer'].reduce(
    (sum, part) => sum + memory.parts[part],
    0,
  );
  expect(jointMemory([version('a'), version('a')])).toBe(2 * alone - model);
  expect(jointMemory([version('a'), version('b')])).toBe(2 * alone);
});

test('shards take the vectors from the isolate that answers, and have a budget of their own', () => {
  const { image, caption, ...rest } = sizes;
  const one = memoryBudget(sizes, 1e9);
  const shard = shardMemory(0, image!, caption!, 1e9);
  expect(memoryBudget(rest, 1e9).total + shard.total).toBe(one.total);
  expect(() => shardMemory(2, image!, caption!, 50e6)).toThrow(
    expect.objectContaining({
      code: 'index_too_large',
      message: expect.stringMatching(/^shard 2: .*--shards/),
    }),
  );
});
