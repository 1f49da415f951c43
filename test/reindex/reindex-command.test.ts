import { afterEach, expect, it, vi } from 'vitest';
import { runDiptych } from '../cli/run-diptych.ts';

afterEach(() => vi.unstubAllEnvs());

it('refuses a condition that it does not understand, and says what it does', async () => {
  const flags = ['--collection', 'birds', '--switch-if', 'accuracy > 0'];
  const { code, stderr } = await runDiptych('reindex', ...flags);
  expect(code).toBe(2);
  expect(stderr).toContain('image_retrieval_recall@1, image_retrieval_recall@5');
});

it('refuses a price that is no number', async () => {
  vi.stubEnv('EMBEDDER_PRICE_PER_HOUR', 'cheap');
  const { code, stderr } = await runDiptych('reindex', '--collection', 'birds');
  expect(code).toBe(1);
  expect(stderr).toContain('EMBEDDER_PRICE_PER_HOUR: expected US dollars');
});
