import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareTar } from '../../gpu-embedder/data/prepare/prepare-shards.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { codesOf, pairsOf, picture, skipsOf } from './pictures.ts';
import { writeTar, type Member } from './write-tar.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-samples-'));
const at = (...names: string[]): string => join(root, ...names);
let red: Buffer;
let green: Buffer;
let blue: Buffer;
let ok: readonly Member[];

beforeAll(async () => {
  [red, green, blue] = await Promise.all([picture('red'), picture('green'), picture('blue')]);
  ok = [
    ['ok.png', blue],
    ['ok.txt', 'blue'],
  ];
});
afterAll(() => rmSync(root, { recursive: true }));

/** Prepare one shard, `s.tar`, with another sample, so that something is prepared in any case. */
async function prepare(name: string, members: readonly Member[]) {
  writeTar(at('s.tar'), [...members, ...ok]);
  const result = await prepareTar({ shards: [at('s.tar')], out: at(name), imageSize: 8 });
  const pairs = pairsOf(at(name));
  expect(pairs.pop()).toBe('blue: blue');
  const skips = codesOf(at(name));
  expect(result.inputs).toBe(pairs.length + 1 + skips.length);
  return { pairs, skips };
}

describe('a key that comes again', () => {
  it('ends the sample where an extension repeats', async () => {
    const found = await prepare('twice', [
      ['a.png', red],
      ['a.txt', 'red'],
      ['a.PNG', green],
      ['a.txt', 'green'],
      ['b.png', blue],
      ['b.txt', 'blue'],
      ['a.png', green],
      ['a.txt', 'green'],
    ]);
    expect(found).toEqual({
      pairs: ['red: red', 'blue: blue'],
      skips: ['s.tar:a.PNG duplicate_id', 's.tar:a.png duplicate_id'],
    });
  });

  it.each<[string, (red: Buffer, green: Buffer) => Member[]]>([
    ['a caption is missing', (red, green) => [['a.png', red], ['a.png', green], ['a.txt', 'green']]], // prettier-ignore
    ['an image is missing', (red, green) => [['a.png', red], ['a.txt', 'red'], ['a.txt', '?'], ['a.png', green], ['a.txt', 'green']]], // prettier-ignore
  ])('never gives an image the caption of another one where %s', async (name, members) => {
    const { pairs } = await prepare(name, members(red, green));
    expect(pairs.filter((pair) => pair !== 'red: red' && pair !== 'green: green')).toEqual([]);
  });

  it('counts an image and its caption that lie apart once, and says how to repack', async () => {
    const found = await prepare('apart', [
      ['red.png', red],
      ['green.txt', 'green'],
      ['both.png', blue],
      ['both.txt', 'blue'],
      ['red.json', '{"tags": "warm"}'],
      ['green.png', green],
      ['red.txt', 'red'],
      ['both.json', '{"tags": "cold"}'],
    ]);
    expect(found).toEqual({
      pairs: ['blue: blue'],
      skips: [
        's.tar:both members_apart',
        's.tar:green.png members_apart',
        's.tar:red.png members_apart',
      ],
    });
    const [{ reason }] = skipsOf(at('apart'));
    expect(reason).toMatch(/key \w+ came twice, apart: .*tar --sort=name/);
  });

  it('does not give the image of one sample the caption of another one, where both are apart', async () => {
    const found = await prepare('mixed', [
      ['a.png', red],
      ['b.png', blue],
      ['b.txt', 'blue'],
      ['a.txt', 'red'],
      ['a.png', green],
      ['c.png', blue],
      ['c.txt', 'blue'],
      ['a.txt', 'green'],
    ]);
    expect(found.pairs).toEqual(['blue: blue', 'blue: blue']);
    expect(found.skips).toEqual(['s.tar:a.png members_apart', 's.tar:a.png members_apart']);
  });
});

describe('a name with dots', () => {
  it('is named for each image, with the key that it has', async () => {
    const { pairs, skips } = await prepare('dots', [
      ['2021.01.red.png', red],
      ['2021.01.red.txt', 'red'],
      ['2021.01.green.png', green],
      ['2021.01.green.txt', 'green'],
      ['x.png', blue],
      ['x.txt', 'blue'],
      ['x.seg.png', red],
      ['x.1.png', red],
      ['x.1.txt', 'red'],
      ['2021.02.png', green],
    ]);
    expect(pairs).toEqual(['blue: blue']);
    expect(skips).toEqual([
      's.tar:2021.01.green.png dotted_name',
      's.tar:2021.01.red.png dotted_name',
      's.tar:2021.02.png dotted_name',
      's.tar:x.1.png dotted_name',
    ]);
    expect(skipsOf(at('dots'))[0].reason).toMatch(/ends at the first dot, here it is 2021: rename/);
  });

  it('is read as people of other systems write it', async () => {
    const { pairs, skips } = await prepare('systems', [
      ['./._RED.JPG', 'what macOS adds'],
      ['./RED.PNG', red],
      ['./._RED.TXT', 'what macOS adds'],
      ['./RED.TXT', 'red'],
      ['.DS_Store', 'more of it'],
      ['/data/green.png', green],
      ['/data/green.txt', 'green'],
    ]);
    expect({ pairs, skips }).toEqual({ pairs: ['red: red', 'green: green'], skips: [] });
    expect(openDataset(at('systems')).items.map(({ id }) => id)).toEqual([
      's/RED',
      's/data/green',
      's/ok',
    ]);
  });
});

describe('the texts of a sample', () => {
  const both = (json: string, txt?: string): Member[] => [
    ['a.png', red],
    ['a.json', json],
    ...(txt === undefined ? [] : [['a.txt', txt] as const]),
  ];

  it.each([
    ['are one where .txt and .json agree', '{"caption": "red dot"}', 'red dot\n', 'red dot'],
    ['are one also over several lines', '{"caption": "red\\ndot"}', 'red\ndot', 'red\ndot'],
    ['are joined where they differ', '{"caption": "a dot"}', 'red\nround', 'red | round | a dot'],
    ['may hold what only Python writes', '{"caption": "dot", "psim": NaN}', undefined, 'dot'],
    ['are those of .txt beside a broken .json', '{"caption": ', 'red', 'red'],
    ['are those of .txt beside a list', '["dot"]', 'red', 'red'],
    [
      'may be in objects',
      '{"sentences": [{"raw": "dot"}, {"raw": "red"}]}',
      undefined,
      'dot | red',
    ],
    ['may be numbered', '{"caption_0": "dot", "caption_1": "red", "title": "x"}', undefined, 'dot | red'], // prettier-ignore
  ])('%s', async (name, json, txt, captions) => {
    const { pairs, skips } = await prepare(name, both(json, txt));
    expect({ pairs, skips }).toEqual({ pairs: [`red: ${captions}`], skips: [] });
  });

  it('are none where the only one cannot be read', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const { pairs, skips } = await prepare('unreadable', [
      ...both('{'),
      ['b.png', red],
      ['b.json', `{"caption": ${deep}}`],
      ['c.png', red],
      ['c.txt', { linkTo: 'd.txt' }],
      ['e.png', { linkTo: 'a.png' }],
      ['e.txt', 'red'],
    ]);
    expect(pairs).toEqual([]);
    expect(skips).toEqual([
      's.tar:a.json bad_json',
      's.tar:b.png image_without_caption',
      's.tar:c.png image_without_caption',
      's.tar:e.png broken_image',
    ]);
    const reasons = skipsOf(at('unreadable')).map(({ reason }) => reason);
    expect(reasons.filter((reason) => reason.includes('tar --dereference'))).toHaveLength(2);
  });

  it('keep ids beyond 2 ** 53 apart', async () => {
    const sample = (key: string, id: string): Member[] => [
      [`${key}.png`, red],
      [`${key}.json`, `{"caption": "red", "id": ${id}}`],
    ];
    await prepare('ids', [...sample('a', '9007199254740992'), ...sample('b', '9007199254740993')]);
    expect(openDataset(at('ids')).items.map(({ id }) => id)).toEqual([
      '9007199254740992',
      '9007199254740993',
      's/ok',
    ]);
  });
});
