import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareParquet } from '../../gpu-embedder/data/prepare/prepare-shards.ts';
import type { PrepareReport } from '../../gpu-embedder/data/prepared/prepared.ts';
import { openDataset, readImageBytes } from '../../gpu-embedder/data/prepared/read-dataset.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-parquet-'));
const at = (...names: string[]): string => join(root, ...names);
const imageSize = 16;
let red: Uint8Array;
let blue: Uint8Array;

beforeAll(async () => {
  const png = (background: string) =>
    sharp({ create: { width: 40, height: 40, channels: 3, background } })
      .png()
      .toBuffer();
  [red, blue] = (await Promise.all([png('red'), png('blue')])).map(
    (bytes) => new Uint8Array(bytes),
  );
  await mkdir(at('images'));
  writeFileSync(at('images', 'red.png'), red);
});
afterAll(() => rmSync(root, { recursive: true }));

function write(name: string, columnData: ColumnSource[], options: object = {}): string {
  writeFileSync(at(name), Buffer.from(parquetWriteBuffer({ columnData, ...options })));
  return at(name);
}
const codes = (out: string): string[] => {
  const { skipped } = JSON.parse(readFileSync(join(out, 'report.json'), 'utf8')) as PrepareReport;
  return skipped.map(({ where, code }) => `${where} ${code}`);
};

/** Columns as the Hugging Face hub writes them. */
const hubSchema: SchemaElement[] = [
  { name: 'root', num_children: 3 },
  { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
  { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
  { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'captions', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  { name: 'element', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
  { name: 'label', type: 'INT64', repetition_type: 'OPTIONAL' },
];
const kvMetadata = [
  {
    key: 'huggingface',
    value: JSON.stringify({
      info: { features: { label: { _type: 'ClassLabel', names: ['warm', 'cold'] } } },
    }),
  },
];

describe('prepare parquet', () => {
  it('skips a row whose texts are not UTF-8, and keeps ids of 19 digits', async () => {
    const latin = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
    const file = write('latin.parquet', [
      { name: 'image', data: [red, blue, red] },
      { name: 'caption', data: [latin('plain'), latin('café'), latin('red')] },
      { name: 'id', data: [9007199254740992n, 3n, 9007199254740993n] },
    ]);
    const out = at('from-latin');
    await prepareParquet({ shards: [file], out, imageSize });
    expect(codes(out)).toEqual(['latin.parquet:1 bad_encoding']);
    expect(openDataset(out).items.map(({ id }) => id)).toEqual([
      '9007199254740992',
      '9007199254740993',
    ]);
  });

  it.each([true, false])(
    'reads images, captions and classes as the hub writes them; index of pages: %s',
    async (offsetIndex) => {
      const colour = (i: number) => (i % 2 === 0 ? red : blue);
      const file = write(
        `hub-${offsetIndex}.parquet`,
        [
          { name: 'image', data: count(150, (i) => ({ bytes: colour(i), path: null })) },
          { name: 'captions', data: count(150, (i) => [`number ${i}`, `${i}`]) },
          { name: 'label', data: count(150, (i) => [0n, 1n, -1n, null][i % 4]) },
        ].map((column) => ({ ...column, offsetIndex })),
        { schema: hubSchema, kvMetadata, rowGroupSize: 100 },
      );
      const out = at(`from-hub-${offsetIndex}`);
      const result = await prepareParquet({ shards: [file], out, imageSize });
      expect(result).toMatchObject({ inputs: 150, prepared: 150 });
      const dataset = openDataset(out);
      expect(dataset.items.map(({ captions }) => captions)).toEqual(
        count(150, (i) => [`number ${i}`, `${i}`]),
      );
      expect(dataset.items.slice(0, 4).map(({ label }) => label)).toEqual([
        'warm',
        'cold',
        undefined,
        undefined,
      ]);
      expect(dataset.items[149].id).toBe(`hub-${offsetIndex}/149`);
      for (const i of [0, 63, 64, 99, 100, 149]) {
        expect(await readImageBytes(dataset, dataset.items[i])).toEqual(colour(i));
      }
    },
  );

  it('reads bytes from a column, and lists the rows that it cannot use', async () => {
    const file = write('bytes.parquet', [
      { name: 'picture', data: [red, new Uint8Array([1, 2]), blue, red, null], type: 'BYTE_ARRAY' },
      { name: 'words', data: ['red', 'broken', null, 'taken', 'no image'], type: 'STRING' },
      { name: 'id', data: ['a', 'b', 'c', 'a', 'd'], type: 'STRING' },
      { name: 'subset', data: ['val', 'train', 'train', 'train', 'train'], type: 'STRING' },
    ]);
    const columns = { image: 'picture', caption: ['words'], split: 'subset' };
    const out = at('from-bytes');
    const result = await prepareParquet({ shards: [file], columns, out, imageSize });
    expect(result).toMatchObject({ inputs: 5, prepared: 1 });
    expect(openDataset(out).items).toMatchObject([{ id: 'a', title: 'red', split: 'validation' }]);
    expect(codes(out).sort()).toEqual([
      'bytes.parquet:1 broken_image',
      'bytes.parquet:2 image_without_caption',
      'bytes.parquet:3 duplicate_id',
      'bytes.parquet:4 caption_without_image',
    ]);
    expect(await prepareParquet({ shards: [file], columns, out, imageSize })).toEqual({
      ...result,
      unchanged: true,
    });
  });

  it('reads images by their paths in a folder', async () => {
    const file = write('paths.parquet', [
      { name: 'file_name', data: ['red.png', 'none.png', '../paths.parquet'], type: 'STRING' },
      { name: 'caption', data: ['red', 'not there', 'outside'], type: 'STRING' },
    ]);
    const options = { shards: [file], out: at('from-paths'), imageSize };
    await expect(prepareParquet(options)).rejects.toThrow(
      /paths\.parquet:0: .*path of an image, red\.png.*--images/,
    );
    await prepareParquet({ ...options, images: at('images') });
    expect(openDataset(options.out).items).toMatchObject([
      { id: 'red.png', image: { file: at('images', 'red.png') } },
    ]);
    expect(codes(options.out)).toEqual([
      'paths.parquet:1 caption_without_image',
      'paths.parquet:2 outside_folder',
    ]);
  });

  it('refuses a file that is truncated or lacks a needed column', async () => {
    const file = write('columns.parquet', [
      { name: 'photo', data: [red], type: 'BYTE_ARRAY' },
      { name: 'legend', data: ['red'], type: 'STRING' },
    ]);
    const before = readdirSync(root);
    await expect(prepareParquet({ shards: [file], out: at('never') })).rejects.toMatchObject({
      code: 'unreadable_source',
      message: expect.stringMatching(
        /no column for the image .*no column for the caption .*; found photo, legend/,
      ),
    });
    writeFileSync(file, readFileSync(file).subarray(0, 200));
    await expect(prepareParquet({ shards: [file], out: at('never') })).rejects.toMatchObject({
      code: 'unreadable_source',
      message: expect.stringContaining('columns.parquet: expected a parquet file'),
    });
    expect(readdirSync(root)).toEqual(before);
  });
});

function count<T>(length: number, value: (i: number) => T): T[] {
  return Array.from({ length }, (_, i) => value(i));
}
