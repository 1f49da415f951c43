import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import { runDiptych } from '../../cli/run-diptych.ts';
import { shapes, writePictures } from './write-pictures.ts';

let dir: string;
const at = (name: string) => join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-caption-corpus-'));
  await writeTinyModel(at('model'), { seed: 3 });
  await writeTinyModel(at('other-model'), { seed: 4 });
  await writePictures(
    at('captioned'),
    [
      { id: 'disc', draws: shapes.disc, title: 'red disc', concept: 'disc' },
      { id: 'bar', draws: shapes.bar, captions: ['a blue bar'], tags: ['line'] },
      { id: 'held-out', draws: shapes.corner, captions: ['a secret'], split: 'validation' },
      { id: 'silent', draws: shapes.corner, title: 'IMG 1' },
    ],
    [{ id: 'disc', names: ['disc'], keywords: ['round', 'ball'], languages: {} }],
  );
  await writePictures(at('mixed'), [
    { id: 'same-disc', draws: shapes.disc, title: 'IMG 7' },
    { id: 'near-disc', draws: shapes.smallDisc },
    { id: 'real', draws: shapes.corner, captions: ['a round green corner'] },
    { id: 'same-bar', draws: shapes.bar },
  ]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

interface Line {
  readonly id: string;
  readonly captions: readonly { readonly text: string; readonly confidence: number }[];
}

const captionCorpus = (data: string, ...flags: string[]) =>
  runDiptych(
    ...['caption-corpus', '--data', data, '--from', at('captioned')],
    ...['--model', at('model'), '--threads', '1', ...flags],
  );

async function linesOf(data: string): Promise<Line[]> {
  const text = await readFile(join(data, 'pseudo-captions.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** Copy a data set, so that a test can change it. */
async function copyOf(name: string, copy: string): Promise<string> {
  await cp(at(name), at(copy), { recursive: true });
  return at(copy);
}

describe('diptych caption-corpus', () => {
  it('captions the pictures without captions, first of all from an identical picture', async () => {
    const data = await copyOf('mixed', 'captioning');
    const items = await readFile(join(data, 'items.jsonl'));
    const { code, stdout } = await captionCorpus(data);
    expect(code).toBe(0);
    expect(stdout).toContain('3 pictures without captions = 3 captioned + 0 left without');
    const lines = await linesOf(data);
    expect(lines.map(({ id }) => id)).toEqual(['same-disc', 'near-disc', 'same-bar']);
    expect(lines[0].captions).toEqual(
      ['disc', 'red disc', 'round', 'ball'].map((text) => ({ text, confidence: 1 })),
    );
    expect(lines[2].captions).toEqual(
      ['a blue bar', 'line'].map((text) => ({ text, confidence: 1 })),
    );
    const near = lines[1].captions;
    expect(near[0].text).toBe('disc');
    expect(near.map(({ confidence }) => confidence)).toEqual(
      near.map(({ confidence }) => confidence).sort((a, b) => b - a),
    );
    expect(JSON.stringify(lines)).not.toContain('secret');
    expect((await readFile(join(data, 'items.jsonl'))).equals(items)).toBe(true);
  });

  it('does nothing the second time, and starts again for other settings', async () => {
    const data = await copyOf('mixed', 'again');
    const first = JSON.parse((await captionCorpus(data, '--json')).stdout) as object;
    const manifest = JSON.parse(
      await readFile(join(data, 'pseudo-captions.json'), 'utf8'),
    ) as object;
    expect(first).toEqual({
      file: join(data, 'pseudo-captions.jsonl'),
      unchanged: false,
      ...manifest,
    });
    expect(first).toMatchObject({
      model: { id: 'tiny' },
      dataset: { name: 'mixed' },
      source: { name: 'captioned' },
      counts: { pictures: 3, captioned: 3, source: 2 },
    });
    const again = JSON.parse((await captionCorpus(data, '--json')).stdout) as object;
    expect(again).toEqual({ ...first, unchanged: true });
    const { stdout } = await captionCorpus(data, '--captions', '1');
    expect(stdout).not.toContain('nothing to do');
    expect((await linesOf(data)).every(({ captions }) => captions.length === 1)).toBe(true);
    expect((await readdir(data)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('captions within one data set', async () => {
    const data = await copyOf('captioned', 'alone');
    const { code } = await captionCorpus(data, '--from', data);
    expect(code).toBe(0);
    const lines = await linesOf(data);
    expect(lines.map(({ id }) => id)).toEqual(['silent']);
    expect(JSON.stringify(lines)).not.toContain('secret');
  });

  it('gives the same captions from embeddings that encode wrote', async () => {
    const data = await copyOf('mixed', 'stored');
    await captionCorpus(data);
    const embedded = await linesOf(data);
    await rm(join(data, 'pseudo-captions.json'));
    for (const [set, folder] of [
      ['mixed', data],
      ['captioned', at('captioned')],
    ]) {
      await runDiptych(
        ...['encode', '--data', folder, '--model', at('model'), '--collection', set],
        ...['--out', at(`embeddings-${set}`), '--threads', '1'],
      );
    }
    const stored = ['--embeddings', at('embeddings-mixed')];
    await captionCorpus(data, ...stored, '--from-embeddings', at('embeddings-captioned'));
    expect(await linesOf(data)).toEqual(embedded);

    const other = await captionCorpus(data, ...stored, '--model', at('other-model'));
    expect(other.stderr).toMatch(/^error\[model_mismatch\]: .*expected embeddings of the model/);
    const swapped = ['--embeddings', at('embeddings-captioned'), '--captions', '2'];
    expect((await captionCorpus(data, ...swapped)).stderr).toMatch(
      /^error\[not_prepared\]: .*expected embeddings of mixed .*got those of captioned/,
    );
  });

  it.each([
    ['no captioned picture', ['--from', 'silent'], /not_prepared\]: .*expected captioned pictures/],
    ['no source', ['--from', 'nowhere'], /not_prepared\]: .*no prepared data set in .*nowhere/],
    ['no model', ['--model', 'mixed'], /unreadable_model\]: .*config\.json/],
  ])('refuses %s', async (_what, [flag, name], message) => {
    if (name === 'silent') await writePictures(at('silent'), [{ id: 'a', draws: shapes.bar }]);
    const { code, stderr } = await captionCorpus(at('mixed'), flag, at(name));
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
  });

  it.each([
    ['--neighbours', '0'],
    ['--temperature', '0'],
    ['--min-confidence', '2'],
    ['--captions', 'x'],
  ])('refuses %s %s', async (flag, value) => {
    const { code, stderr } = await captionCorpus(at('mixed'), flag, value);
    expect(code).toBe(2);
    expect(stderr).toContain(flag);
  });
});

describe('diptych index of a captioned corpus', () => {
  let data: string;
  const index = (from = data) =>
    runDiptych(
      ...['index', '--data', from, '--embeddings', at('embeddings'), '--model', at('model')],
      ...['--collection', 'mixed', '--out', at('index'), '--json'],
    );
  const search = async (query: string): Promise<string[]> => {
    const { stdout } = await runDiptych(
      ...['search', query, '--mode', 'keyword', '--index', at('index')],
      ...['--model', at('model'), '--json'],
    );
    return (JSON.parse(stdout) as { matches: { id: string }[] }).matches.map(({ id }) => id);
  };

  beforeAll(async () => {
    data = await copyOf('mixed', 'indexed');
    await runDiptych(
      ...['encode', '--data', data, '--model', at('model'), '--collection', 'mixed'],
      ...['--out', at('embeddings'), '--threads', '1'],
    );
  });

  it('finds pictures only by their own words if there are no pseudo-captions', async () => {
    expect(JSON.parse((await index()).stdout)).toMatchObject({ built: true, pseudoCaptioned: 0 });
    expect(await search('round')).toEqual(['real']);
    expect(await search('ball')).toEqual([]);
  });

  it('finds pictures by pseudo-captions, ranked below pictures with the word itself', async () => {
    // At a high temperature a similar picture gets the caption with less confidence than an
    // identical one.
    await captionCorpus(data, '--temperature', '5');
    expect(JSON.parse((await index()).stdout)).toMatchObject({ built: true, pseudoCaptioned: 3 });
    expect(await search('round')).toEqual(['real', 'same-disc', 'near-disc']);
    expect(await search('ball')).toEqual(['same-disc', 'near-disc']);
  });

  it('does not rebuild a version of the same pseudo-captions', async () => {
    expect(JSON.parse((await index()).stdout)).toMatchObject({ built: false, pseudoCaptioned: 3 });
  });

  it('refuses pseudo-captions of another state of the data set, and says what to do', async () => {
    const moved = await copyOf('indexed', 'moved');
    await captionCorpus(at('captioned'));
    for (const name of ['pseudo-captions.json', 'pseudo-captions.jsonl']) {
      await cp(join(at('captioned'), name), join(moved, name));
    }
    const { code, stderr } = await index(moved);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error\[not_prepared\]: .*pseudo-captions\.json: expected captions of the data set .*caption-corpus --data .*moved again, or remove/,
    );
  });

  it.each([
    ['pseudo-captions.jsonl', '', /expected SHA-256/],
    ['pseudo-captions.json', '{', /expected JSON/],
    ['pseudo-captions.json', '{"formatVersion":9}', /formatVersion/],
  ])('refuses %s that reads "%s"', async (name, content, message) => {
    const damaged = await copyOf('mixed', `damaged-${content.length}`);
    await captionCorpus(damaged);
    await writeFile(join(damaged, name), content);
    const { code, stderr } = await index(damaged);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/run diptych caption-corpus/);
    const { stdout } = await captionCorpus(damaged);
    expect(stdout).toContain('3 pictures without captions');
  });
});
