import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareTar } from '../../gpu-embedder/data/prepare/prepare-shards.ts';
import type { PrepareReport } from '../../gpu-embedder/data/prepared/prepared.ts';
import {
  openDataset,
  openPixels,
  readImageBytes,
} from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { tarSource } from '../../gpu-embedder/data/readers/tar/read-tar.ts';
import { findShards } from '../../gpu-embedder/data/readers/shards.ts';
import { writeTar } from './write-tar.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-tar-'));
const at = (...names: string[]): string => join(root, ...names);
const imageSize = 16;
let red: Buffer;
let blue: Buffer;

beforeAll(async () => {
  const png = (background: string) =>
    sharp({ create: { width: 40, height: 40, channels: 3, background } })
      .png()
      .toBuffer();
  [red, blue] = await Promise.all([png('red'), png('blue')]);
  writeTar(at('a-000.tar'), [
    ['./one.png', red],
    ['./one.txt', 'a red square\n\nred\n'],
    ['two.json', '{"id": "7", "captions": ["blue", "sky"], "tags": ["cold"], "split": "test"}'],
    ['two.png', blue],
    ['three.png', red],
    ['three.cls', '4'],
  ]);
  writeTar(at('a-001.tar'), [
    ['README', 'no sample'],
    ['one.png', blue],
    ['one.txt', 'the same key in another shard'],
    ['broken.png', 'no image'],
    ['broken.txt', 'broken'],
    ['silent.png', red],
    ['empty.png', red],
    ['empty.txt', ' \n'],
    ['lost.txt', 'without an image'],
    ['lost.depth.png', red],
    ['bad.png', red],
    ['bad.json', '{"caption": '],
    ['taken.png', red],
    ['taken.json', '{"id": 7, "caption": "an id that is taken"}'],
    ['pair.jpg', red],
    ['pair.png', blue],
    ['pair.txt', 'two images'],
    ['odd.png', red],
    ['odd.json', '{"caption": "x", "split": "holiday"}'],
  ]);
});
afterAll(() => rmSync(root, { recursive: true }));

const report = (out: string): PrepareReport =>
  JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as PrepareReport;

describe('prepare tar', () => {
  it('groups members to samples and accounts for each', async () => {
    const out = at('samples');
    const result = await prepareTar({ shards: [at('a-{000..001}.tar')], out, imageSize });
    const dataset = openDataset(out);
    expect(dataset.manifest.kind).toBe('tar');
    expect(dataset.items).toMatchObject([
      { id: 'a-000/one', title: 'a red square', captions: ['a red square', 'red'], split: 'train' },
      { id: '7', captions: ['blue', 'sky'], tags: ['cold'], split: 'validation' },
      { id: 'a-000/three', title: '4', captions: [], label: '4' },
      { id: 'a-001/one', captions: ['the same key in another shard'] },
      { id: 'a-001/pair', captions: ['two images'] },
    ]);
    expect(
      report(out)
        .skipped.map(({ where, code }) => `${where} ${code}`)
        .sort(),
    ).toEqual([
      'a-001.tar:bad.json bad_json',
      'a-001.tar:broken.png broken_image',
      'a-001.tar:empty.png image_without_caption',
      'a-001.tar:lost caption_without_image',
      'a-001.tar:odd.png unknown_split',
      'a-001.tar:pair.png second_image',
      'a-001.tar:silent.png image_without_caption',
      'a-001.tar:taken.png duplicate_id',
    ]);
    expect(result).toMatchObject({ inputs: 13, prepared: 5, unchanged: false });
  });

  it('keeps the bytes of images, and their pixels in the same order', async () => {
    const dataset = openDataset(at('samples'));
    const pixels = openPixels(dataset);
    const colours = [];
    for (const [i, item] of dataset.items.entries()) {
      const original = Buffer.from(await readImageBytes(dataset, item));
      const isRed = original.equals(red);
      expect(isRed || original.equals(blue)).toBe(true);
      expect([...pixels.read(i).subarray(0, 4)]).toEqual(
        isRed ? [255, 0, 0, 255] : [0, 0, 255, 255],
      );
      colours.push(isRed ? 'red' : 'blue');
    }
    pixels.close();
    expect(colours).toEqual(['red', 'blue', 'red', 'blue', 'red']);
  });

  it('does nothing the second time, also where the shard is compressed', async () => {
    writeFileSync(at('packed.tar.gz'), gzipSync(readFileSync(at('a-000.tar'))));
    const options = { shards: [at('packed.tar.gz')], out: at('packed'), imageSize };
    const first = await prepareTar(options);
    expect(first).toMatchObject({ prepared: 3, unchanged: false });
    expect(await prepareTar(options)).toEqual({ ...first, unchanged: true });
    expect(openDataset(options.out).items[0].id).toBe('packed/one');
  });

  it('distinguishes shards of the same name in different folders', async () => {
    for (const folder of ['train', 'more']) {
      await mkdir(at(folder));
      writeTar(at(folder, '0.tar'), [
        ['x.png', red],
        ['x.txt', folder],
      ]);
    }
    const out = at('folders');
    await prepareTar({ shards: [at('{train,more}', '0.tar')], out, imageSize });
    expect(openDataset(out).items.map(({ id }) => id)).toEqual(['train/0/x', 'more/0/x']);
  });

  it.each([
    [
      'cut within a member',
      (whole: Buffer) => whole.subarray(0, 1550),
      /after .*one\.png: Truncated/,
    ],
    ['cut between members', (whole: Buffer) => whole.subarray(0, -1024), /cut short.*at byte/],
    ['damaged', (whole: Buffer) => Buffer.from(whole).fill(7, 1024, 1536), /checksum/],
    ['of another format', () => red, /expected a tar archive/],
    ['compressed and cut', (whole: Buffer) => gzipSync(whole).subarray(0, 300), /unexpected end/],
  ])('leaves no data set behind when a shard is %s', async (_, change, message) => {
    const file = at('unreadable.tar');
    writeFileSync(file, change(readFileSync(at('a-000.tar'))));
    const before = readdirSync(root);
    await expect(
      prepareTar({ shards: [at('a-000.tar'), file], out: at('never'), imageSize }),
    ).rejects.toMatchObject({
      code: 'unreadable_source',
      message: expect.stringMatching(message),
      details: { file },
    });
    expect(readdirSync(root)).toEqual(before);
  });

  it.each([
    ['that are not there', ['none-{0..2}.tar'], /none-0\.tar: there is no such file/],
    ['that are folders', ['.'], /is a folder; name the files/],
    ['named twice', ['a-000.tar', 'a-{000..001}.tar'], /named more than once/],
  ])('refuses shards %s', async (_, names, message) => {
    const shards = names.map((name) => at(name));
    await expect(prepareTar({ shards, out: at('never'), imageSize })).rejects.toThrow(message);
  });

  it('explains why no image is left', async () => {
    writeTar(at('silent.tar'), [['a.png', red]]);
    const silent = prepareTar({ shards: [at('silent.tar')], out: at('never'), imageSize });
    await expect(silent).rejects.toThrow(
      /1 image_without_caption \(silent\.tar:a\.png: no caption\)/,
    );
    writeTar(at('empty.tar'), []);
    const empty = prepareTar({ shards: [at('empty.tar')], out: at('never'), imageSize });
    await expect(empty).rejects.toThrow(/empty\.tar: no image to prepare; it is empty/);
  });

  it('refuses a field that no sample has', async () => {
    const options = { shards: [at('a-000.tar')], columns: { caption: ['legend'] } };
    await expect(prepareTar({ ...options, out: at('never'), imageSize })).rejects.toThrow(
      /no column "legend"; found id, captions, tags, split/,
    );
  });

  it('stops reading the shard when its reader stops', async () => {
    const members = Array.from({ length: 200 }, (_, i) => [
      [`${i}.png`, Buffer.concat([red, Buffer.alloc(50_000)])] as const,
      [`${i}.txt`, 'red'] as const,
    ]).flat();
    writeTar(at('large.tar'), members);
    let megabytes = 0;
    const source = tarSource(await findShards([at('large.tar')]), { columns: {} });
    let samples = 0;
    for await (const _ of source.entries((done) => (megabytes = done))) {
      samples += 1;
      if (samples === 20) break;
    }
    expect(source.progress.total).toBe(11);
    expect(megabytes).toBeLessThanOrEqual(2);
  });
});
