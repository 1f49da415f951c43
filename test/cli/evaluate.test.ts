import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { uploads } from '../setup/uploads.ts';
import { runDiptych } from './run-diptych.ts';

let dir: string;
let model: string;
let data: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-evaluate-'));
  [model, data] = ['model', 'data'].map((name) => join(dir, name));
  await writeTinyModel(model, { seed: 3 });
  await writeTinyDataset(data, 32);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('diptych evaluate', () => {
  const evaluate = (...args: string[]) =>
    runDiptych('evaluate', '--model', model, '--data', data, ...args);

  it('prints the result of a set as CLIP_benchmark does', async () => {
    const { code, stdout } = await evaluate('--set', 'round', '--json');
    expect(code).toBe(0);
    const { metrics, ...rest } = JSON.parse(stdout) as { metrics: Record<string, number> };
    expect(rest).toEqual({
      dataset: 'round',
      model: expect.any(String),
      pretrained: model,
      task: 'zeroshot_retrieval',
      language: 'en',
      n: 8,
    });
    expect(Object.keys(metrics)).toEqual(
      ['image', 'text'].flatMap((side) => [1, 5, 10].map((k) => `${side}_retrieval_recall@${k}`)),
    );
    // There are only eight images, so the recall at ten must be 1.
    expect(metrics['image_retrieval_recall@10']).toBe(1);
    expect(metrics['text_retrieval_recall@10']).toBe(1);
  });

  it('prints an array with a result for each language, with the recalls of --recall-k', async () => {
    const { stdout } = await evaluate('--languages', 'xx,en', '--recall-k', '8,2', '--json');
    const results = JSON.parse(stdout) as { language: string; n: number; metrics: object }[];
    expect(results.map(({ language, n }) => ({ language, n }))).toEqual([
      { language: 'xx', n: 16 },
      { language: 'en', n: 16 },
    ]);
    expect(Object.keys(results[1].metrics)).toEqual(
      ['image', 'text'].flatMap((side) => [2, 8].map((k) => `${side}_retrieval_recall@${k}`)),
    );
  });

  it('prints a table otherwise, a line of each language and their mean', async () => {
    const { stdout } = await evaluate('--languages', 'all');
    const [title, sides, head, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/, recall %$/);
    expect(sides.trim()).toMatch(/^text -> image +image -> text$/);
    expect(head).toMatch(/^language +images( +@1 +@5 +@10){2}$/);
    expect(lines.map((line) => line.split(/ +/)[0])).toEqual(['en', 'xx', 'mean']);
    expect(lines[0]).toMatch(/^en +16( +[\d.]+){6}$/);
  });

  it('classifies by labels and templates', async () => {
    const photos = join(dir, 'photos');
    await mkdir(photos);
    const square = (await uploads())['square.png'];
    const names = ['a', 'b', 'c', 'd'];
    await Promise.all(names.map((name) => writeFile(join(photos, `${name}.png`), square)));
    const rows = names.map((name, i) => `${name}.png,a photo,${i % 2}`);
    await writeFile(join(dir, 'photos.csv'), ['image,caption,label', ...rows].join('\n'));
    await writeFile(join(dir, 'labels.txt'), 'dog\ncat\nunicorn\n');
    await writeFile(join(dir, 'templates.txt'), 'a {}\nthe {c}\n');
    const prepared = join(dir, 'photos-data');
    const captions = join(dir, 'photos.csv');
    await runDiptych('prepare', 'folder', photos, '--captions', captions, '--out', prepared);
    const classify = (...args: string[]) =>
      runDiptych(
        'evaluate',
        '--model',
        model,
        '--data',
        prepared,
        '--task',
        'classification',
        ...args,
      );
    const files = ['--labels', join(dir, 'labels.txt'), '--templates', join(dir, 'templates.txt')];

    const { stdout, stderr } = await classify(...files, '--limit', '3', '--json');
    expect(stderr).toBe('');
    const { metrics, ...rest } = JSON.parse(stdout) as { metrics: Record<string, number | null> };
    expect(rest).toMatchObject({
      dataset: 'photos-data',
      task: 'zeroshot_classification',
      n: 3,
      classes: 2,
      emptyClasses: 1,
    });
    expect(Object.keys(metrics)).toEqual(['acc1', 'acc5', 'mean_per_class_recall']);
    // Two classes have no acc5. All images are the same, so exactly one class is right.
    expect(metrics.acc5).toBeNull();
    expect(metrics.mean_per_class_recall).toBe(1 / 2);

    const { code, stderr: refusal } = await classify('--level', 'group');
    expect(code).toBe(1);
    expect(refusal).toMatch(/error\[invalid_option\]: --level group: expected pictograms/);

    expect((await classify(...files)).stdout).toMatch(
      /, 4 images, 2 classes \(1 left out: no image\)\nacc1 % +50\.0\nacc5 % +-\n/,
    );
  });

  it('measures names with a typing error beside those without', async () => {
    const { stdout } = await evaluate('--typos', '--recall-k', '5', '--languages', 'en,xx');
    const [title, sides, head, ...lines] = stdout.trimEnd().split('\n');
    expect(title).toMatch(/, recall %$/);
    expect(sides.trim()).toMatch(/^text -> image +misspelt$/);
    expect(head).toMatch(/^language +images +queries +@5 +@5$/);
    expect(lines.map((line) => line.split(/ +/).slice(0, 3))).toEqual([
      ['en', '16', '14'],
      ['xx', '16', '14'],
      ['mean', expect.any(String), expect.any(String)],
    ]);
  });

  it('measures keywords of emoji', async () => {
    const emoji = join(dir, 'emoji-data');
    await cp(data, emoji, { recursive: true });
    for (const name of ['items.jsonl', 'concepts.jsonl']) {
      const text = await readFile(join(emoji, name), 'utf8');
      await writeFile(join(emoji, name), text.replaceAll('icon:dog', '1f415'));
    }
    const manifest = join(emoji, 'dataset.json');
    const { files: _, ...unchecked } = JSON.parse(await readFile(manifest, 'utf8')) as {
      files: unknown;
    };
    await writeFile(manifest, JSON.stringify(unchecked));
    const args = ['--task', 'keywords', '--recall-k', '16', '--json'];
    const { stdout } = await evaluate('--data', emoji, ...args);
    expect(JSON.parse(stdout)).toEqual({
      dataset: expect.any(String),
      model: 'tiny',
      pretrained: model,
      task: 'zeroshot_keyword_retrieval',
      metrics: { 'image_retrieval_recall@16': 1 },
      language: 'en',
      n: 16,
      queries: 2,
    });
  });

  it('measures images of one set against those of another', async () => {
    const args = ['--task', 'image-retrieval', '--set', 'round', '--queries', 'square'];
    const json = JSON.parse((await evaluate(...args, '--json')).stdout) as object;
    expect(json).toMatchObject({
      dataset: 'round',
      task: 'image_to_image_retrieval',
      // There are only eight images, so the recall at ten must be 1.
      metrics: { 'image_to_image_recall@10': 1 },
      n: 8,
      queries: 8,
    });
    expect((await evaluate(...args)).stdout).toMatch(
      /image -> image\n.*\nen +8 +8( +[\d.]+){3}\n$/,
    );
    const { code, stderr } = await evaluate(...args, '--min', 'image_to_image_recall@10=1');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('measures the weights of the edge on their kernels', async () => {
    const args = ['--recall-k', '3', '--json'];
    const metrics = async (...more: string[]) => {
      const { stdout } = await evaluate(...args, ...more);
      return (JSON.parse(stdout) as { metrics: Record<string, number> }).metrics;
    };
    const [float32, int8] = [await metrics(), await metrics('--edge')];
    expect(Object.keys(int8)).toEqual(Object.keys(float32));
    // There are sixteen queries, and rounded weights may change the order of close neighbours.
    for (const [name, value] of Object.entries(int8)) {
      expect(Math.abs(value - float32[name]), name).toBeLessThanOrEqual(4 / 16);
    }
  });

  it('draws the number of worst queries that --worst says', async () => {
    const sheet = join(dir, 'sheets', 'worst.html');
    const { code, stderr } = await evaluate('--sheet', sheet, '--worst', '3');
    expect(code).toBe(0);
    expect(stderr).toContain(`${sheet}: the 3 worst queries`);
    const html = await readFile(sheet, 'utf8');
    expect(html.match(/<section class="query">/g)).toHaveLength(3);
  });

  it('fails below a minimum, after printing what it measured', async () => {
    const { code, stdout, stderr } = await evaluate(
      '--set',
      'round',
      '--languages',
      'en,xx',
      '--min',
      'image_retrieval_recall@10=1',
      '--min',
      'image_retrieval_recall@1=1',
      '--min',
      'xx:text_retrieval_recall@1=1',
    );
    expect(code).toBe(1);
    expect(stdout).toContain('text -> image');
    expect(stderr).toMatch(
      /error\[below_minimum\]: en:image_retrieval_recall@1: expected at least 1, got/,
    );
    expect(stderr).toContain('; xx:text_retrieval_recall@1: expected at least 1, got');
    expect(stderr).not.toContain('@10');
  });

  it.each([
    [['--set', 'triangle'], 'not_prepared'],
    [['--split', 'validation'], 'not_prepared'],
    [['--languages', 'ja'], 'invalid_option'],
    [['--task', 'classification'], 'not_prepared'],
    [['--task', 'classification', '--level', 'subgroup'], 'not_prepared'],
    [['--task', 'keywords'], 'not_prepared'],
    [['--task', 'image-retrieval', '--queries', 'triangle'], 'not_prepared'],
    [['--task', 'image-retrieval', '--queries', 'round', '--set', 'round'], 'not_prepared'],
    [['--task', 'classification', '--templates', 'package.json'], 'unreadable_source'],
    [['--task', 'classification', '--labels', '/nowhere'], 'unreadable_source'],
  ])('refuses %j', async (args, code) => {
    const { code: exit, stderr } = await evaluate(...args);
    expect(exit).toBe(1);
    expect(stderr).toContain(`error[${code}]`);
  });

  it.each([
    [['--min', 'recall=0.5'], /--min recall: expected one of image_retrieval_recall@1, /],
    [['--recall-k', '2', '--min', 'image_retrieval_recall@1=0'], /expected one of .*recall@2/],
    [['--min', 'ja:image_retrieval_recall@1=0'], /expected a language that is measured \(en\)/],
    [['--recall-k', '1,x'], /expected a whole number from 1 on, got "x"/],
    [['--labels', 'x'], /--labels is for --task classification/],
    [['--task', 'classification', '--sheet', 'x.html'], /--sheet is for --task retrieval/],
    [['--task', 'classification', '--recall-k', '1'], /--recall-k is for --task retrieval or key/],
    [['--task', 'image-retrieval', '--languages', 'en'], /--languages is for --task retrieval or/],
    [['--task', 'image-retrieval'], /needs --queries, the set to search with/],
    [['--task', 'keywords', '--typos'], /--typos is for --task retrieval/],
    [['--task', 'keywords', '--level', 'group'], /--level is for --task classification/],
    [['--queries', 'round'], /--queries is for --task image-retrieval/],
    [['--typos', '--sheet', 'x.html'], /--sheet cannot be used with --typos/],
    [['--typos', '--min', 'text_retrieval_recall@1=0'], /expected one of .*misspelt_image_/],
    [['--edge', '--device', 'cuda'], /--edge runs on kernels of its own/],
    [['--worst', '3'], /--worst needs --sheet/],
    [['--sheet', 'x.gif'], /expected a file that ends in \.html or \.png/],
    [['--sheet', 'x.png', '--worst', '1000'], /a \.png holds at most \d+ queries/],
    [['--languages', 'English'], /expected codes of languages/],
  ])('refuses the command line %j', async (args, message) => {
    const { code, stdout, stderr } = await evaluate(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });
});
