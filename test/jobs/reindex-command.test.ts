import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

it.each([
  [['--recall', 'abc'], 'expected a number above 0, and 1 at most, got "abc"'],
  [['--recall', '2'], 'expected a number above 0, and 1 at most, got "2"'],
  [['--shards', 'x'], 'expected 1 to 64, got "x"'],
  [['--shards', '0'], 'expected 1 to 64, got "0"'],
  [['--quantisation', 'int4'], 'Allowed choices are'],
  [['--held-out', ''], 'expected at most 100 sets, each of 1 to 255 characters, got ""'],
])('refuses %j before anything is opened', async (flags, message) => {
  const workDir = join(tmpdir(), `diptych-reindex-${randomUUID()}`);
  const line = ['--collection', 'birds', '--work-dir', workDir, ...flags];
  const { code, stdout, stderr } = await runDiptych('reindex', ...line);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(existsSync(workDir)).toBe(false);
});
