import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareCoco, prepareFolder } from '../../gpu-embedder/data/prepare/prepare-images.ts';
import { prepareTar } from '../../gpu-embedder/data/prepare/prepare-shards.ts';
import type { PrepareReport } from '../../gpu-embedder/data/prepared/prepared.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { writeTar } from './write-tar.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-encodings-'));
const images = join(root, 'images');
const at = (name: string): string => join(root, name);

beforeAll(async () => {
  await mkdir(images);
  for (const [name, background] of Object.entries({ red: '#f00', green: '#0f0', blue: '#00f' })) {
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background } });
    await image.png().toFile(join(images, `${name}.png`));
  }
});
afterAll(() => rmSync(root, { recursive: true }));

/** What a data set holds: the captions of each image, and the place and reason of other inputs. */
function resultIn(out: string) {
  const report = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as PrepareReport;
  const { items } = openDataset(out);
  expect(report.inputs).toBe(items.length + report.skipped.length);
  return {
    items: Object.fromEntries(items.map(({ id, captions }) => [id, captions])),
    skipped: report.skipped
      .filter(({ reason }) => reason !== 'no caption')
      .map(({ where, code, reason }) => `${where}: ${code}: ${reason}`),
  };
}

let runs = 0;
async function prepare(name: string, content: string | Uint8Array, encoding?: string) {
  const [captions, out] = [at(name), at(`out-${runs++}`)];
  await writeFile(captions, content);
  await prepareFolder({ images, captions, encoding, out, imageSize: 8 });
  return resultIn(out);
}

async function prepareCocoJson(content: string | Uint8Array, encoding?: string) {
  const [annotations, out] = [at('coco.json'), at(`out-${runs++}`)];
  await writeFile(annotations, content);
  await prepareCoco({ images, annotations, encoding, out, imageSize: 8 });
  return resultIn(out);
}

const latin = (text: string) => Buffer.from(text, 'latin1');

describe('a captions file', () => {
  const rows = 'image,caption\nred.png,café\ngreen.png,猫\n';
  const items = { 'red.png': ['café'], 'green.png': ['猫'] };
  const utf16 = Buffer.from(`\ufeff${rows}`, 'utf16le');

  it.each([
    ['UTF-8', rows],
    ['UTF-8 with a mark', `\ufeff${rows}`],
    ['UTF-16', utf16],
    ['big-endian UTF-16', Buffer.from(utf16).swap16()],
    ['lines that end with CR LF', rows.replaceAll('\n', '\r\n')],
    ['lines that end with CR', rows.replaceAll('\n', '\r')],
  ])('is read: %s', async (_, content) => {
    expect(await prepare('captions.csv', content)).toEqual({ items, skipped: [] });
  });

  it('of another encoding loses the lines that are no UTF-8, and says which', async () => {
    const csv = latin('image,caption\nred.png,café\ngreen.png,green\n');
    const reason = 'byte 0xe9 is not UTF-8; it looks like windows-1252: name it with --encoding';
    expect(await prepare('latin.csv', csv)).toEqual({
      items: { 'green.png': ['green'] },
      skipped: [`latin.csv:2: bad_encoding: ${reason}`],
    });
    expect(await prepare('latin.csv', csv, 'windows-1252')).toEqual({
      items: { 'red.png': ['café'], 'green.png': ['green'] },
      skipped: [],
    });
    const jsonl = latin(
      '{"image": "red.png", "caption": "café"}\n{"image": "blue.png", "text": "b"}',
    );
    expect(await prepare('latin.jsonl', jsonl)).toEqual({
      items: { 'blue.png': ['b'] },
      skipped: [`latin.jsonl:1: bad_encoding: ${reason}`],
    });
  });

  it('of UTF-16 without a mark is refused with its encoding, and read by it', async () => {
    const bare = Buffer.from('image\tcaption\nred.png\tcafé\n', 'utf16le');
    await expect(prepare('bare.tsv', bare)).rejects.toThrow(
      /bare\.tsv: it looks like utf-16le without a byte order mark: name it with --encoding/,
    );
    expect((await prepare('bare.tsv', bare, 'utf-16le')).items).toEqual({ 'red.png': ['café'] });
  });

  it('may have columns without a name, and several of one name', async () => {
    const csv = ',image,caption,caption,\n0,red.png,red,rouge,\n1,green.png,green,,\n';
    expect(await prepare('pandas.csv', csv)).toEqual({
      items: { 'red.png': ['red', 'rouge'], 'green.png': ['green'] },
      skipped: [],
    });
  });

  it('of Python may have NaN, and a caption of it is none', async () => {
    const jsonl = [
      '{"image": "red.png", "caption": "red", "score": NaN}',
      '{"image": "green.png", "caption": "green", "score": [-Infinity]}',
      '{"image": "blue.png", "caption": NaN}',
    ].join('\n');
    expect(await prepare('nan.jsonl', jsonl)).toEqual({
      items: { 'red.png': ['red'], 'green.png': ['green'] },
      skipped: ['nan.jsonl:3: image_without_caption: blue.png: no caption'],
    });
  });

  it('may have ids that a double cannot hold, and names of JavaScript', async () => {
    const jsonl = [
      '{"id": 9007199254740992, "image": "red.png", "caption": "red", "__proto__": {"label": "x"}}',
      '{"id": 9007199254740993, "image": "green.png", "caption": "green", "constructor": 1}',
    ].join('\n');
    expect((await prepare('ids.jsonl', jsonl)).items).toEqual({
      '9007199254740992': ['red'],
      '9007199254740993': ['green'],
    });
  });
});

describe('half of a surrogate pair', () => {
  const half = String.raw`\ud83d`;

  it('in an id or a text is one skip', async () => {
    const jsonl = [
      '{"image": "red.png", "caption": "red"}',
      `{"image": "green.png", "id": "x${half}", "caption": "green"}`,
      `{"image": "blue.png", "caption": ["blue", "${half} blue"]}`,
      `{"image": "no${half}.png", "caption": "none"}`,
    ].join('\n');
    expect(await prepare('half.jsonl', jsonl)).toEqual({
      items: { 'red.png': ['red'] },
      skipped: [
        'half.jsonl:2: bad_id: its id has half of a surrogate pair, which is no character',
        'half.jsonl:3: bad_text: a caption has half of a surrogate pair, which is no character',
        expect.stringMatching(/^half\.jsonl:4: caption_without_image: there is no no/),
      ],
    });
  });
});

describe('the text file of an image', () => {
  it('is UTF-16 by its mark, and a wrong byte is a skip', async () => {
    const [dir, out] = [at('texts'), at('out-texts')];
    await mkdir(dir);
    for (const name of ['a', 'b']) {
      await writeFile(join(dir, `${name}.png`), readFileSync(join(images, 'red.png')));
    }
    await writeFile(join(dir, 'a.txt'), Buffer.from('\ufeffun café\r\nred', 'utf16le'));
    await writeFile(join(dir, 'b.txt'), latin('red\nun café'));
    await prepareFolder({ images: dir, out, imageSize: 8 });
    expect(resultIn(out)).toEqual({
      items: { 'a.png': ['un café', 'red'] },
      skipped: [expect.stringMatching(/^b\.png: bad_encoding: b\.txt: line 2: byte 0xe9/)],
    });
    await prepareFolder({ images: dir, out, imageSize: 8, encoding: 'windows-1252' });
    expect(resultIn(out).items['b.png']).toEqual(['red', 'un café']);
  });
});

describe('a text of a tar shard', () => {
  it('that is not UTF-8 is a skip, and is read by its encoding', async () => {
    const [shard, out] = [at('texts.tar'), at('out-tar')];
    const image = readFileSync(join(images, 'red.png'));
    const members = [
      ...(['a.png', 'b.png', 'c.png'] as const).map((name) => [name, image] as const),
      ['a.txt', 'red'] as const,
      ['b.txt', latin('un café')] as const,
      ['c.json', latin('{"caption": "à la mode"}')] as const,
    ];
    writeTar(
      shard,
      members.toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
    await prepareTar({ shards: [shard], out, imageSize: 8 });
    expect(resultIn(out)).toEqual({
      items: { 'texts/a': ['red'] },
      skipped: [
        expect.stringMatching(/^texts\.tar:b\.txt: bad_encoding: line 1: byte 0xe9/),
        expect.stringMatching(/^texts\.tar:c\.json: bad_json: line 1: byte 0xe0/),
      ],
    });
    await prepareTar({ shards: [shard], out, imageSize: 8, encoding: 'windows-1252' });
    expect(resultIn(out).items).toEqual({
      'texts/a': ['red'],
      'texts/b': ['un café'],
      'texts/c': ['à la mode'],
    });
  });
});

describe('COCO json', () => {
  const coco = (first: string, second: string, caption: string) =>
    `{"images": [{"id": ${first}, "file_name": "red.png"}, {"id": ${second}, "file_name": "green.png"}],
"annotations": [{"image_id": ${second}, "caption": "green"},
{"image_id": ${first}, "caption": "${caption}", "score": NaN}]}`;

  it('compares ids as they are written', async () => {
    expect(await prepareCocoJson(coco('9007199254740993', '9007199254740992', 'red'))).toEqual({
      items: { '9007199254740993': ['red'], '9007199254740992': ['green'] },
      skipped: [],
    });
  });

  it('names a byte that is not UTF-8, and is read by its encoding', async () => {
    const json = latin(coco('1', '2', 'café'));
    await expect(prepareCocoJson(json)).rejects.toThrow(/line 3: byte 0xe9 is not UTF-8/);
    expect((await prepareCocoJson(json, 'windows-1252')).items['1']).toEqual(['café']);
  });
});
