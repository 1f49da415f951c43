import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { writeTar } from '../data/write-tar.ts';
import { runDiptych, type Outcome } from './run-diptych.ts';

let root: string;
const at = (...path: string[]) => join(root, ...path);

/** The commands of the stages, each with the folder of its result. */
const stages = {
  prepare: () => ['prepare', 'tar', at('shard.tar'), '--out', at('data'), '--image-size', '32'],
  encode: (out = at('embeddings')) => [
    ...['encode', '--data', at('data'), '--collection', 'c', '--model', at('model')],
    ...['--out', out],
  ],
  index: (out = at('index')) => [
    ...['index', '--data', at('data'), '--embeddings', at('embeddings'), '--collection', 'c'],
    ...['--model', at('model'), '--out', out],
  ],
  publish: () => [
    ...['publish', '--index', at('index', 'c', version), '--model', at('model')],
    ...['--store', at('store')],
  ],
};
let version: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-damaged-'));
  await writeTinyModel(at('model'), { seed: 3 });
  const members: [string, Uint8Array | string][] = [];
  for (const [i, background] of ['red', 'green', 'blue', 'gold'].entries()) {
    const image = sharp({ create: { width: 40, height: 30, channels: 3, background } });
    members.push([`${i}.png`, await image.png().toBuffer()], [`${i}.txt`, `a ${background} dog`]);
  }
  await writeTar(at('shard.tar'), members);
  await done(stages.prepare());
  await done(stages.encode());
  await done(stages.index());
  [version] = await readdir(at('index', 'c'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function done(args: readonly string[]): Promise<Outcome> {
  const outcome = await runDiptych(...args);
  expect(outcome).toMatchObject({ code: 0 });
  return outcome;
}

async function flip(file: string): Promise<void> {
  const bytes = await readFile(file);
  bytes[bytes.length >> 1] ^= 1;
  await writeFile(file, bytes);
}

async function cut(file: string): Promise<void> {
  await truncate(file, (await readFile(file)).length >> 1);
}

it.each([
  ['data', 'items.jsonl', 'not_prepared'],
  ['data', 'pixels.bin', 'not_prepared'],
  ['embeddings', 'image.f32', 'unreadable_source'],
  ['embeddings', 'caption.f32', 'unreadable_source'],
  ['embeddings', 'captions.jsonl', 'unreadable_source'],
] as const)(
  'a damaged %s/%s is refused, and the same command repairs it',
  async (dir, name, code) => {
    const whole = await readFile(at(dir, name));
    for (const damage of [flip, cut]) {
      await damage(at(dir, name));
      const next = dir === 'data' ? stages.encode(at('fresh')) : stages.index();
      const refused = await runDiptych(...next);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(new RegExp(`^error\\[${code}\\]: .*${name}`));
      expect(refused.stderr).toMatch(/expected .* (got|received) .*diptych (prepare|encode)/s);
      const { stderr } = await done(dir === 'data' ? stages.prepare() : stages.encode());
      expect(stderr).toMatch(/is damaged and is \w+ again: .*expected (SHA-256|\d+ bytes).*, got/);
      expect((await readFile(at(dir, name))).equals(whole)).toBe(true);
      expect((await done(stages.index())).stdout).toContain('already built from the same input');
    }
  },
);

it('a damaged picture of a data set is refused by index, and prepare repairs it', async () => {
  await flip(at('data', 'originals.bin'));
  const refused = await runDiptych(...stages.index(at('other')));
  expect(refused.stderr).toMatch(/^error\[not_prepared\]: .*originals\.bin: expected SHA-256/);
  await done(stages.prepare());
  await done(stages.index(at('other')));
});

it('an original of a folder that was damaged since is named by index', async () => {
  const [data, embeddings] = [at('photos-data'), at('photos-embeddings')];
  await mkdir(at('photos'));
  const image = sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } });
  for (const name of ['a', 'b']) {
    await image.png().toFile(at('photos', `${name}.png`));
    await writeFile(at('photos', `${name}.txt`), `${name} dog`);
  }
  const names = ['--data', data, '--collection', 'photos', '--model', at('model')];
  await done(['prepare', 'folder', at('photos'), '--out', data, '--image-size', '32']);
  await done(['encode', ...names, '--out', embeddings]);
  const index = ['index', ...names, '--embeddings', embeddings, '--out', at('photos-index')];
  const whole = await readFile(at('photos', 'b.png'));
  await writeFile(at('photos', 'b.png'), whole.subarray(0, whole.length - 20));
  expect((await runDiptych(...index)).stderr).toMatch(
    /^error\[unreadable_image\]: b\.png: the image of \d+ bytes cannot be decoded/,
  );
  await rm(at('photos', 'b.png'));
  expect((await runDiptych(...index)).stderr).toMatch(
    /^error\[unreadable_source\]: b\.png: ENOENT.*; prepare .*photos-data again/,
  );
});

it('a data set without its manifest is prepared again', async () => {
  await rm(at('data', 'dataset.json'));
  expect((await runDiptych(...stages.encode(at('fresh')))).stderr).toMatch(/error\[not_prepared\]/);
  await done(stages.prepare());
  expect((await done(stages.encode())).stdout).toContain('nothing to do');
});

it.each(['image.bin', 'previews.bin', 'keywords.json'])(
  'a version with a damaged %s is not published, and index builds it again',
  async (name) => {
    for (const damage of [flip, cut, rm]) {
      await damage(at('index', 'c', version, name));
      const refused = await runDiptych(...stages.publish());
      expect(refused.stderr).toMatch(
        new RegExp(`^error\\[index_unreadable\\]: .*${name}: expected`),
      );
      const { stderr } = await done(stages.index());
      expect(stderr).toMatch(new RegExp(`${version} is not used: .*${name}: expected`));
      const versions = await readdir(at('index', 'c'));
      expect(versions).toHaveLength(1);
      [version] = versions;
    }
    await done(stages.publish());
    await rm(at('store'), { recursive: true });
  },
);

it('a wrong field of an item is named with its line', async () => {
  const data = at('wrong');
  await cp(at('data'), data, { recursive: true });
  const lines = (await readFile(join(data, 'items.jsonl'), 'utf8')).split('\n');
  lines[2] = lines[2].replace(/"tags":\[.*?\]/, '"tags":"none"');
  await writeFile(join(data, 'items.jsonl'), lines.join('\n'));
  const args = stages.encode(at('fresh')).map((arg) => (arg === at('data') ? data : arg));
  const { code, stderr } = await runDiptych(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error\[not_prepared\]: .*items\.jsonl:3: [^]*at tags/);
});

it.each([
  ['data', 'dataset.json', /"imageSize": \d+/, '"imageSize": 4000000000', 'bytes of pixels.bin'],
  ['data', 'dataset.json', /"items": \d+/, '"items": 9007199254740991', 'bytes of pixels.bin'],
  ['data', 'dataset.json', /"captions": \d+/, '"captions": -1', 'counts.captions'],
  ['embeddings', 'embeddings.json', /"bytes": \d+/, '"bytes": 9007199254740991', 'got 512'],
  ['embeddings', 'embeddings.json', /"embedDim": \d+/, '"embedDim": 1e9', 'got 512'],
])('an absurd number in %s/%s is refused: %s', async (dir, name, field, absurd, message) => {
  const copy = at('absurd', dir);
  await cp(at(dir), copy, { recursive: true });
  const text = await readFile(join(copy, name), 'utf8');
  await writeFile(join(copy, name), text.replace(field, absurd));
  const args = stages.index(at('absurd', 'index')).map((arg) => (arg === at(dir) ? copy : arg));
  const { code, stderr } = await runDiptych(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error\[(not_prepared|unreadable_source)\]: /);
  expect(stderr).toContain(message);
});

it('a file in the place of a folder is an error that says what to do', async () => {
  const out = at('file');
  await writeFile(out, '');
  const blocked = await runDiptych(...stages.encode(out));
  expect(blocked.stderr).toMatch(/^error\[file_failed\]: .*\/file: EEXIST: .*: there is a file/);
  const below = await runDiptych(...stages.encode(join(out, 'x')));
  expect(below.stderr).toMatch(/^error\[file_failed\]: .*\/file\/x: ENOTDIR: .*name a folder\n$/);
});
