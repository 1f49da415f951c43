import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDataset } from '../../gpu-embedder/encode/encode-dataset.ts';
import { buildIndex } from '../../gpu-embedder/index/build-index.ts';
import { writeTinyModel } from '../../gpu-embedder/model/tiny-model.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { uploads } from '../setup/uploads.ts';
import { runDiptych } from './run-diptych.ts';

let dir: string;
let model: string;
let otherModel: string;
let data: string;
let index: string;
let version: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-cli-'));
  [model, otherModel, data, index] = ['model', 'other', 'data', 'index'].map((name) =>
    join(dir, name),
  );
  await writeTinyModel(model, { seed: 3 });
  await writeTinyModel(otherModel, { seed: 4 });
  await writeTinyDataset(data, 32);
  const collection = 'tiny';
  const { dir: embeddings } = await encodeDataset({
    model,
    data,
    collection,
    out: join(dir, 'embeddings'),
    threads: 1,
  });
  const built = await buildIndex({ embeddings, data, model, collection, out: index });
  version = built.dir;
  await writeFile(join(dir, 'square.png'), (await uploads())['square.png']);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Printed {
  readonly matches: readonly { id: string; score: number; title: string; set: string }[];
  readonly mode: string;
  readonly index: { collection: string };
}

describe('diptych search', () => {
  const search = async (...args: string[]): Promise<Printed> => {
    const { stdout, stderr } = await runDiptych(
      'search',
      ...args,
      '--model',
      model,
      '--index',
      index,
      '--json',
    );
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Printed;
  };

  it('finds items by name, first by default', async () => {
    const { matches, mode, index: from } = await search('birthday cake', '--limit', '3');
    expect(mode).toBe('hybrid');
    expect(from.collection).toBe('tiny');
    expect(matches).toHaveLength(3);
    expect(matches.slice(0, 2).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['round:birthday-cake', 'square:birthday-cake']),
    );
    expect(matches[0]).toEqual({
      id: expect.any(String),
      score: expect.any(Number),
      title: 'birthday cake',
      set: expect.any(String),
    });
  });

  it('finds nothing by a word that there is not, by keywords', async () => {
    expect((await search('xyzzy', '--mode', 'keyword')).matches).toEqual([]);
  });

  it('ranks by cosine, by vectors', async () => {
    const scores = (await search('犬', '--mode', 'vector')).matches.map(({ score }) => score);
    expect(scores).toHaveLength(16);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    expect(Math.max(...scores.map(Math.abs))).toBeLessThanOrEqual(1.001);
  });

  it('finds images like an image', async () => {
    const { matches, mode } = await search('--image', join(dir, 'square.png'), '--limit', '1');
    expect(mode).toBe('vector');
    expect(matches).toHaveLength(1);
  });

  it.each([
    ['a file that is no image', () => ['--image', 'package.json'], 'unreadable_image', model],
    ['an index of another model', () => ['cake'], 'model_mismatch', 'other'],
  ])('refuses %s', async (_what, args, code, which) => {
    const { code: exit, stderr } = await runDiptych(
      'search',
      ...args(),
      '--index',
      version,
      '--model',
      which === 'other' ? otherModel : model,
    );
    expect(exit).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: `));
  });

  it('refuses a version with a file cut short', async () => {
    const path = join(version, 'keywords.json');
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, 100));
    try {
      const { code, stderr } = await runDiptych('search', 'x', '--index', index, '--model', model);
      expect(code).toBe(1);
      expect(stderr).toMatch(
        new RegExp(`^error\\[index_unreadable\\]: .*expected ${whole.length} bytes.*got 100`),
      );
    } finally {
      await writeFile(path, whole);
    }
  });
});

describe('diptych evaluate', () => {
  const evaluate = (...args: string[]) =>
    runDiptych('evaluate', '--model', model, '--data', data, ...args);

  it('prints the metrics of a set', async () => {
    const { code, stdout } = await evaluate('--set', 'round', '--json');
    expect(code).toBe(0);
    const { metrics, ...rest } = JSON.parse(stdout) as { metrics: Record<string, number> };
    expect(rest).toEqual({ model: expect.any(String), set: 'round', n: 8 });
    expect(Object.keys(metrics)).toEqual(
      ['image', 'text'].flatMap((side) => [1, 5, 10].map((k) => `${side}_retrieval_recall@${k}`)),
    );
    // Eight images, so that the tenth is beyond the last.
    expect(metrics['image_retrieval_recall@10']).toBe(1);
    expect(metrics['text_retrieval_recall@10']).toBe(1);
  });

  it('prints a table otherwise', async () => {
    const { stdout } = await evaluate();
    expect(stdout).toMatch(/, 16 images\nrecall % +@1 +@5 +@10\ntext -> image( +[\d.]+){3}\n/);
  });

  it('fails below a minimum, after printing what it measured', async () => {
    const { code, stdout, stderr } = await evaluate(
      '--set',
      'round',
      '--min',
      'image_retrieval_recall@10=1',
      '--min',
      'image_retrieval_recall@1=1',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('text -> image');
    expect(stderr).toMatch(
      /error\[below_minimum\]: image_retrieval_recall@1: expected at least 1, got/,
    );
    expect(stderr).not.toContain('@10');
  });

  it.each([
    [['--min', 'recall=0.5'], 'invalid_option'],
    [['--set', 'triangle'], 'not_prepared'],
    [['--split', 'validation'], 'not_prepared'],
  ])('refuses %j', async (args, code) => {
    const { code: exit, stderr } = await evaluate(...args);
    expect(exit).toBe(1);
    expect(stderr).toContain(`error[${code}]`);
  });
});
