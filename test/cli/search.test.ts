import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import type { SearchResponse } from '../../src/http/api.ts';
import { writeClipFolder } from '../common/model-folder/write-clip-folder.ts';
import { indexDataset } from '../setup/index-dataset.ts';
import { writeTinyDataset } from '../setup/tiny-dataset.ts';
import { writeTinyVersion } from '../setup/tiny-version.ts';
import { uploads } from '../setup/uploads.ts';
import { runDiptych } from './run-diptych.ts';

let dir: string;
let model: string;
let otherModel: string;
let index: string;
let version: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-search-'));
  [otherModel, index] = ['other', 'index'].map((name) => join(dir, name));
  ({ model, index: version } = await writeTinyVersion(dir, 'tiny'));
  await writeTinyModel(otherModel, { seed: 4 });
  await writeFile(join(dir, 'square.png'), (await uploads())['square.png']);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

type Printed = Omit<SearchResponse, 'timings'>;

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
    const isRound = matches[0].metadata.set === 'round';
    expect(matches[0]).toEqual({
      id: expect.any(String),
      score: expect.any(Number),
      probability: expect.any(Number),
      metadata: {
        title: 'birthday cake',
        set: expect.any(String),
        width: isRound ? 64 : null,
        height: isRound ? 48 : null,
        imageUrl: expect.stringContaining('/v1/collections/tiny/items/'),
      },
    });
  });

  it('finds nothing by keywords if no item has the word', async () => {
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

  it('takes the ONNX towers of a model that the edge has no kernels for, and says so', async () => {
    const at = (name: string) => join(dir, 'clip', name);
    await writeClipFolder(at('model'), 'clip');
    await writeTinyDataset(at('data'), 4);
    const from = { model: at('model'), data: at('data'), collection: 'clip' };
    const encoded = await encodeDataset({ ...from, out: at('embeddings'), threads: 1 });
    await indexDataset({ ...from, embeddings: encoded.dir, out: at('index') });
    const flags = ['--model', at('model'), '--index', at('index'), '--json'];
    for (const query of [['birthday cake'], ['--image', join(dir, 'square.png')]]) {
      const { stdout, stderr } = await runDiptych('search', ...query, ...flags);
      expect(stderr).toBe('');
      const { matches, encoder } = JSON.parse(stdout) as Printed;
      expect({ encoder, count: matches.length }).toEqual({ encoder: 'onnx', count: 16 });
    }
  });

  it.each([
    ['a file that is no image', 'package.json', 'unsupported_image', /package.json: .*got JSON/],
    ['an image that is cut short', 'cut.png', 'unreadable_image', /cut.png: .*cannot be decoded/],
    ['an empty file', 'empty.png', 'unreadable_image', /empty.png: expected bytes, got none/],
    ['a file that is not there', 'no.png', 'unreadable_image', /no.png: .*ENOENT/],
  ])('refuses %s and names it', async (_what, name, code, message) => {
    const square = (await uploads())['square.png'];
    await writeFile(join(dir, 'cut.png'), square.subarray(0, square.length / 2));
    await writeFile(join(dir, 'empty.png'), '');
    const file = name === 'package.json' ? name : join(dir, name);
    const where = ['--index', version, '--model', model];
    const { code: exit, stderr } = await runDiptych('search', '--image', file, ...where);
    expect(exit).toBe(1);
    expect(stderr).toMatch(new RegExp(`^error\\[${code}\\]: `));
    expect(stderr).toMatch(message);
  });

  it('refuses an index of another model', async () => {
    const where = ['--index', version, '--model', otherModel];
    const { code, stderr } = await runDiptych('search', 'cake', ...where);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error\[model_mismatch\]: /);
  });

  it.each(['items.table', 'captions.table', 'keywords.json', 'image.bin', 'caption.bin'])(
    'refuses a version whose %s is missing, or is another one',
    async (name) => {
      const path = join(version, name);
      const whole = await readFile(path);
      const refused = async (what: RegExp) => {
        const { code, stderr } = await runDiptych(
          'search',
          'x',
          '--index',
          index,
          '--model',
          model,
        );
        expect(code).toBe(1);
        expect(stderr).toMatch(/^error\[index_unreadable\]: /);
        expect(stderr).toMatch(what);
      };
      try {
        await rm(path);
        await refused(new RegExp(`${name}: expected an object, got none`));
        const changed = Buffer.from(whole);
        changed[whole.length >> 1] ^= 1;
        await writeFile(path, changed);
        await refused(new RegExp(`${name}: expected SHA-256 [0-9a-f]{64}, got [0-9a-f]{64}`));
      } finally {
        await writeFile(path, whole);
      }
    },
  );

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
