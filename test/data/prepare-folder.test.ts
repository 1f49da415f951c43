import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareCoco, prepareFolder } from '../../gpu-embedder/data/prepare/prepare-images.ts';
import type { PrepareReport } from '../../gpu-embedder/data/prepared/prepared.ts';
import {
  captionsOf,
  openDataset,
  openPixels,
  readImageBytes,
} from '../../gpu-embedder/data/prepared/read-dataset.ts';

import { withPngSize } from '../setup/image-bytes.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-prepare-'));
const images = join(root, 'images');
const imageSize = 16;
const at = (name: string): string => join(root, name);
const report = (out: string): PrepareReport =>
  JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as PrepareReport;
const codes = (out: string): string[] =>
  report(out).skipped.map(({ where, code }) => `${where} ${code}`);

async function png(name: string, background: string, width = 40, height = 40): Promise<void> {
  const image = sharp({ create: { width, height, channels: 4, background } });
  await image.png().toFile(join(images, name));
}

beforeAll(async () => {
  await mkdir(join(images, 'sub'), { recursive: true });
  await png('red.png', '#f00');
  await png('sub/blue sky.png', '#00f', 60, 20);
  await png('half.png', 'rgba(255, 255, 255, 0.5)');
  await png('lonely.png', '#0f0');
  await png('../outside.png', '#fff');
  await symlink(at('outside.png'), join(images, 'link.png'));
  await writeFile(join(images, 'broken.png'), 'no image');
  const whole = readFileSync(join(images, 'red.png'));
  await writeFile(join(images, 'cut.png'), whole.subarray(0, whole.length - 30));
  await writeFile(join(images, 'bomb.png'), withPngSize(whole, [20_000, 20_000]));
  await writeFile(
    at('captions.csv'),
    [
      'id,image,caption,tags',
      'r,red.png,"a red square, plain","warm, red"',
      'r,./red.png,red,red',
      'b,sub/blue sky.png,a blue sky,',
      'r,half.png,another image with a taken id,',
      'x1,missing.png,an image that is not there,',
      'x2,broken.png,no image at all,',
      'x3,cut.png,cut short,',
      'x4,bomb.png,too many pixels,',
      'x5,../outside.png,out of the folder,',
      'x6,link.png,out of the folder by a link,',
      'x7,half.png,,',
      'x8,,no image named,',
      'x9,red.png,too,many,columns',
      'h,half.png,half seen,',
    ].join('\n'),
  );
});
afterAll(() => rmSync(root, { recursive: true }));

describe('prepare folder', () => {
  it('prepares the usable images and lists the others with place and reason', async () => {
    const out = at('from-csv');
    const result = await prepareFolder({ images, captions: at('captions.csv'), out, imageSize });
    expect(codes(out)).toEqual([
      'captions.csv:12 image_without_caption',
      'captions.csv:13 caption_without_image',
      'captions.csv:14 wrong_column',
      'captions.csv:5 duplicate_id',
      'lonely.png image_without_caption',
      'captions.csv:6 caption_without_image',
      'captions.csv:10 outside_folder',
      'captions.csv:11 outside_folder',
      'captions.csv:7 broken_image',
      'captions.csv:8 broken_image',
      'captions.csv:9 broken_image',
    ]);
    expect(result).toMatchObject({ inputs: 14, prepared: 3, unchanged: false });
    expect(report(out)).toMatchObject({ inputs: 14, prepared: 3 });
    const bomb = report(out).skipped.find(({ where }) => where === 'captions.csv:9');
    expect(bomb?.reason).toMatch(/bomb\.png.*at most 100000000 pixels/);

    const dataset = openDataset(out);
    expect(dataset.items.map(({ id }) => id)).toEqual(['r', 'b', 'h']);
    const [red, blue] = dataset.items;
    expect(captionsOf(dataset, red)).toEqual(['a red square, plain', 'red']);
    expect(red.tags).toEqual(['warm', 'red']);
    expect(Buffer.from(await readImageBytes(dataset, blue))).toEqual(
      readFileSync(join(images, 'sub/blue sky.png')),
    );
    expect(blue.image.type).toBe('image/png');
  });

  it('writes premultiplied RGBA', () => {
    const dataset = openDataset(at('from-csv'));
    const pixels = openPixels(dataset);
    const middle = (i: number): number[] => {
      const start = imageSize * imageSize * 2;
      return [...pixels.read(i).subarray(start, start + 4)];
    };
    expect(middle(0)).toEqual([255, 0, 0, 255]);
    expect(middle(1)).toEqual([0, 0, 255, 255]);
    expect(middle(2)).toEqual([128, 128, 128, 128]);
    expect(() => pixels.read(3)).toThrow(/of row 3, got 0/);
    pixels.close();
  });

  it('does nothing the second time, and starts again when an image changes', async () => {
    const options = { images, captions: at('captions.csv'), out: at('again'), imageSize };
    const first = await prepareFolder(options);
    expect(await prepareFolder(options)).toEqual({ ...first, unchanged: true });
    await png('red.png', '#e00');
    const third = await prepareFolder(options);
    expect(third.unchanged).toBe(false);
    expect(third.fingerprint).not.toBe(first.fingerprint);
    expect(readdirSync(root).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('reads JSON lines: arrays of captions, bad lines skipped, paths as ids', async () => {
    await writeFile(
      at('captions.jsonl'),
      [
        '{"image": "red.png", "caption": ["red", "crimson"], "tags": ["warm"]}',
        '{"image": "half.png", "caption": ',
        '["half.png"]',
        '{"image": "half.png", "text": "half"}',
        '{"picture": "half.png", "caption": "half"}',
        '{"image": "sub/blue sky.png", "caption": "sky"}',
      ].join('\n'),
    );
    const out = at('from-jsonl');
    await prepareFolder({ images, captions: at('captions.jsonl'), out, imageSize });
    expect(codes(out).filter((line) => line.startsWith('captions'))).toEqual([
      'captions.jsonl:2 bad_json',
      'captions.jsonl:3 bad_json',
      'captions.jsonl:5 wrong_column',
    ]);
    const dataset = openDataset(out);
    expect(dataset.items.map(({ id, captions }) => [id, captions])).toEqual([
      ['red.png', ['red', 'crimson']],
      ['half.png', ['half']],
      ['sub/blue%20sky.png', ['sky']],
    ]);
  });

  it('reads columns under other names from tab-separated values', async () => {
    await writeFile(at('c.tsv'), '\ufeffbild\tworte\nred.png\trot\n');
    const columns = { image: 'bild', caption: ['worte'] };
    const out = at('from-tsv');
    await prepareFolder({ images, captions: at('c.tsv'), columns, out, imageSize });
    expect(openDataset(out).items.map(({ title }) => title)).toEqual(['rot']);
  });

  it('keeps labels and splits; a label alone is a title', async () => {
    await writeFile(
      at('labels.csv'),
      [
        'image,caption,class,split',
        'red.png,a red square,warm,train',
        'half.png,,pale,val',
        'sub/blue sky.png,sky,,someday',
        'lonely.png,,,train',
      ].join('\n'),
    );
    const out = at('from-labels');
    await prepareFolder({ images, captions: at('labels.csv'), out, imageSize });
    expect(openDataset(out).items).toMatchObject([
      { title: 'a red square', label: 'warm', split: 'train' },
      { title: 'pale', captions: [], label: 'pale', split: 'validation' },
    ]);
    expect(codes(out).filter((line) => line.startsWith('labels'))).toEqual([
      'labels.csv:4 unknown_split',
      'labels.csv:5 image_without_caption',
    ]);
  });

  it('reads a text file for each image, a caption a line', async () => {
    const dir = at('texts');
    await mkdir(join(dir, 'sub'), { recursive: true });
    const red = readFileSync(join(images, 'red.png'));
    for (const name of ['one.png', 'sub/two.PNG', 'silent.png', 'empty.png']) {
      await writeFile(join(dir, name), red);
    }
    await writeFile(join(dir, 'broken.png'), 'no image');
    await writeFile(join(dir, 'one.txt'), '\ufeffa red square\r\n\r\nred\n');
    await writeFile(join(dir, 'sub/two.txt'), 'two');
    await writeFile(join(dir, 'broken.txt'), 'broken');
    await writeFile(join(dir, 'empty.txt'), '\n');
    await writeFile(join(dir, 'lost.txt'), 'no image');
    const out = at('from-texts');
    const result = await prepareFolder({ images: dir, out, imageSize });
    expect(openDataset(out).items).toMatchObject([
      { id: 'one.png', captions: ['a red square', 'red'] },
      { id: 'sub/two.PNG', captions: ['two'] },
    ]);
    expect(codes(out)).toEqual([
      'lost.txt caption_without_image',
      'empty.png image_without_caption',
      'silent.png image_without_caption',
      'broken.png broken_image',
    ]);
    expect(result).toMatchObject({ inputs: 6, prepared: 2 });
    expect((await prepareFolder({ images: dir, out, imageSize })).unchanged).toBe(true);
    await writeFile(join(dir, 'silent.txt'), 'no longer');
    expect(await prepareFolder({ images: dir, out, imageSize })).toMatchObject({ prepared: 3 });
  });

  it('counts the pictures of a folder whose format is refused, and names it', async () => {
    const dir = at('of-a-phone');
    await mkdir(dir);
    await writeFile(join(dir, 'a.jfif'), await sharp(join(images, 'red.png')).jpeg().toBuffer());
    await writeFile(join(dir, 'b.HEIC'), '\0\0\0\x18ftypheic\0\0\0\0mif1heic');
    for (const name of ['a.txt', 'b.txt']) await writeFile(join(dir, name), 'red');
    const out = at('from-a-phone');
    expect(await prepareFolder({ images: dir, out, imageSize })).toMatchObject({
      ...{ inputs: 2, prepared: 1 },
      skipped: { broken_image: 1 },
    });
    expect(report(out).skipped[0].reason).toMatch(/^b.HEIC: .*got HEIC.* save it as JPEG/);
  });

  it('explains why no image can be used', async () => {
    await mkdir(at('bare'));
    await expect(prepareFolder({ images: at('bare'), out: at('never') })).rejects.toMatchObject({
      code: 'unreadable_source',
      message: 'bare: no image to prepare; it is empty',
    });
  });

  it.each([
    ['no file', 'none.csv', {}, /none\.csv cannot be read/],
    [
      'another kind of file',
      'captions.txt',
      {},
      /expected a \.csv, \.tsv or \.jsonl file, got "\.txt"/,
    ],
    [
      'a missing column',
      'captions.csv',
      { caption: ['legend'] },
      /no column "legend"; found id, image, caption, tags/,
    ],
  ])('stops at an unreadable source: %s', async (_, captions, columns, message) => {
    const out = at('never');
    await expect(
      prepareFolder({ images, captions: at(captions), columns, out, imageSize }),
    ).rejects.toMatchObject({ code: 'unreadable_source', message: expect.stringMatching(message) });
    expect(readdirSync(root)).not.toContain('never');
  });

  it('refuses a folder of images that does not exist', async () => {
    const options = { images: at('nowhere'), captions: at('captions.csv'), out: at('never') };
    await expect(prepareFolder(options)).rejects.toMatchObject({ code: 'unreadable_source' });
  });

  it('does not replace a folder that is not a data set', async () => {
    const options = { images, captions: at('captions.csv'), out: images, imageSize };
    await expect(prepareFolder(options)).rejects.toMatchObject({ code: 'invalid_option' });
    expect(readdirSync(images)).toContain('red.png');
  });
});

describe('prepare coco', () => {
  it('joins annotations with images and lists the entries without a partner', async () => {
    await writeFile(
      at('coco.json'),
      JSON.stringify({
        images: [
          { id: 1, file_name: 'red.png' },
          { id: 2, file_name: 'lonely.png' },
          { id: 1, file_name: 'half.png' },
          { id: 3 },
          { id: 4, file_name: 'broken.png' },
        ],
        annotations: [
          { image_id: 1, caption: 'a red square' },
          { image_id: 1, caption: 'red ' },
          { image_id: 9, caption: 'of nothing' },
          { image_id: 1 },
          { image_id: 4, caption: 'broken' },
        ],
      }),
    );
    const out = at('from-coco');
    const result = await prepareCoco({ images, annotations: at('coco.json'), out, imageSize });
    expect(openDataset(out).items).toMatchObject([{ id: '1', captions: ['a red square', 'red'] }]);
    expect(codes(out)).toEqual([
      'coco.json:images[2] duplicate_id',
      'coco.json:images[3] bad_json',
      'coco.json:annotations[2] caption_without_image',
      'coco.json:annotations[3] bad_json',
      'coco.json:images[1] image_without_caption',
      'coco.json:images[4] broken_image',
    ]);
    expect(result).toMatchObject({ inputs: 7, prepared: 1 });
  });

  it('refuses JSON of another kind', async () => {
    await writeFile(at('other.json'), '{"images": []}');
    await expect(
      prepareCoco({ images, annotations: at('other.json'), out: at('never') }),
    ).rejects.toMatchObject({
      code: 'unreadable_source',
      message: expect.stringContaining('annotations'),
    });
  });
});

describe('openDataset', () => {
  it('names the command that makes a missing data set', () => {
    expect(() => openDataset(at('nowhere'))).toThrow(/diptych prepare/);
  });

  it('says which format it expected', async () => {
    await mkdir(at('old'), { recursive: true });
    await writeFile(at('old/dataset.json'), '{"formatVersion": 99}');
    expect(() => openDataset(at('old'))).toThrow(/expected format version 1, got 99/);
  });

  it('reads a line that is longer than one read', async () => {
    const captions = at('long.csv');
    const title = 'größer '.repeat(400_000).trim();
    await writeFile(captions, `image,caption\nred.png,"${title}"\nhalf.png,short\n`);
    await prepareFolder({ images, captions, out: at('long'), imageSize });
    expect(openDataset(at('long')).items.map((item) => item.title)).toEqual([title, 'short']);
  });

  it('notices that lines or pixels are missing', async () => {
    const captions = at('captions.csv');
    await prepareFolder({ images, captions, out: at('cut'), imageSize });
    await writeFile(at('cut/pixels.bin'), 'short');
    expect(() => openPixels(openDataset(at('cut')))).toThrow(/expected 3072 bytes, got 5/);
    await writeFile(at('cut/items.jsonl'), '');
    expect(() => openDataset(at('cut'))).toThrow(/expected 3 lines, got 0/);
  });
});
