import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CompressionCodec, SchemaElement } from 'hyparquet';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareParquet } from '../../gpu-embedder/data/prepare/prepare-shards.ts';
import { openDataset } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import { codesOf, pairsOf, picture, skipsOf } from './pictures.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-values-'));
const at = (...names: string[]): string => join(root, ...names);
const imageSize = 8;
let red: Uint8Array;
let green: Uint8Array;

beforeAll(async () => {
  [red, green] = (await Promise.all([picture('red'), picture('green')])).map(
    (bytes) => new Uint8Array(bytes),
  );
});
afterAll(() => rmSync(root, { recursive: true }));

function write(
  name: string,
  columnData: ColumnSource[],
  schema?: SchemaElement[],
  codec?: CompressionCodec,
): string {
  writeFileSync(at(name), Buffer.from(parquetWriteBuffer({ columnData, schema, codec })));
  return at(name);
}
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const leaf = (name: string, more: Partial<SchemaElement> = {}): SchemaElement => ({
  name,
  type: 'BYTE_ARRAY',
  repetition_type: 'OPTIONAL',
  ...more,
});
const text = (name: string): SchemaElement => leaf(name, { converted_type: 'UTF8' });
const struct = (name: string, ...children: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: children.length },
  ...children,
];
const list = (name: string, element: SchemaElement[]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...element,
];

describe('the images of rows', () => {
  it('are skipped where a row has a path and no bytes, and the other rows are prepared', async () => {
    const rows = [{ bytes: red, path: 'a.png' }, { bytes: null, path: 'b.png' }, { bytes: green, path: null }]; // prettier-ignore
    const file = write(
      'paths.parquet',
      [
        { name: 'image', data: rows },
        { name: 'caption', data: ['red', 'a path', 'green'] },
      ],
      [{ name: 'root', num_children: 2 }, ...struct('image', leaf('bytes'), text('path')), text('caption')], // prettier-ignore
    );
    const out = at('paths');
    expect(await prepareParquet({ shards: [file], out, imageSize })).toMatchObject({ inputs: 3 });
    expect(pairsOf(out)).toEqual(['red: red', 'green: green']);
    expect(skipsOf(out)).toMatchObject([
      { where: 'paths.parquet:1', reason: expect.stringMatching(/b\.png.*--images/) },
    ]);
  });

  it('may be texts: base64, a data URI, SVG, and a path', async () => {
    mkdirSync(at('folder'));
    writeFileSync(at('folder', 'red.png'), red);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="4" height="4" fill="red"/></svg>'; // prettier-ignore
    const long = `${'no image '.repeat(5000)}`;
    const images = [base64(red), `data:image/png;base64,${base64(green)}`, svg, 'red.png', long, 'x'.repeat(30_000), 'https://example.org/a.png']; // prettier-ignore
    const captions = ['base64', 'data URI', 'SVG', 'path', 'text', 'letters', 'address'];
    const file = write('texts.parquet', [
      { name: 'image', data: images, type: 'STRING' },
      { name: 'caption', data: captions, type: 'STRING' },
    ]);
    const out = at('texts');
    await prepareParquet({ shards: [file], images: at('folder'), out, imageSize });
    expect(pairsOf(out)).toEqual(['red: base64', 'green: data URI', 'red: SVG', 'red: path']);
    expect(codesOf(out)).toEqual([
      'texts.parquet:4 caption_without_image',
      'texts.parquet:5 broken_image',
      'texts.parquet:6 broken_image',
    ]);
    for (const { reason } of skipsOf(out)) expect(reason.length).toBeLessThan(300);
  });

  it('may be base64 in a column that is not marked as text', async () => {
    const file = write('bytes.parquet', [
      { name: 'image', data: [Buffer.from(base64(red)), green], type: 'BYTE_ARRAY' },
      { name: 'caption', data: ['red', 'green'], type: 'STRING' },
    ]);
    await prepareParquet({ shards: [file], out: at('bytes'), imageSize });
    expect(pairsOf(at('bytes'))).toEqual(['red: red', 'green: green']);
  });

  it('are counted one by one where a row has a list of them', async () => {
    const schema = [
      { name: 'root', num_children: 2 },
      ...list('image', struct('element', leaf('bytes'), text('path'))),
      text('caption'),
    ];
    const file = write(
      'lists.parquet',
      [
        { name: 'image', data: [[{ bytes: red }, { bytes: green }], [{ bytes: green }], []] },
        { name: 'caption', data: ['red', 'green', 'none'] },
      ],
      schema,
    );
    await prepareParquet({ shards: [file], out: at('lists'), imageSize });
    expect(pairsOf(at('lists'))).toEqual(['red: red', 'green: green']);
    expect(codesOf(at('lists'))).toEqual([
      'lists.parquet:0 second_image',
      'lists.parquet:2 caption_without_image',
    ]);
  });
});

describe('the captions of rows', () => {
  const image = (): ColumnSource => ({ name: 'image', data: [red, green], type: 'BYTE_ARRAY' });
  const column = (name: string, ...data: (string | null)[]): ColumnSource => ({
    name,
    data,
    type: 'STRING',
  });

  it.each<[string, readonly string[] | undefined, string[]]>([
    ['numbered columns', undefined, ['red: r0 | r1', 'green: g0']],
    ['columns that the user names', ['title', 'caption_1'], ['red: x | r1', 'green: y']],
  ])('may be in %s', async (name, caption, pairs) => {
    const columns = [column('title', 'x', 'y'), column('caption_0', 'r0', 'g0'), column('caption_1', 'r1', null)]; // prettier-ignore
    const options = { shards: [write('many.parquet', [image(), ...columns])], out: at(name) };
    await prepareParquet({ ...options, columns: { caption }, imageSize });
    expect(pairsOf(at(name))).toEqual(pairs);
  });

  it('are refused where one of the columns is not there', async () => {
    const shards = [write('one.parquet', [image(), column('caption', 'r', 'g')])];
    const columns = { caption: ['caption', 'legend'] };
    const prepared = prepareParquet({ shards, columns, out: at('never') });
    await expect(prepared).rejects.toThrow(/no column "legend"; found image, caption/);
  });

  it('may be objects, and JSON of Python', async () => {
    const images = { name: 'image', data: [red, green] };
    const captions = [[{ raw: 'red', id: 1n }, { raw: 'round', id: 2n }], [{ raw: 'green', id: 3n }]]; // prettier-ignore
    const sentence = struct('element', text('raw'), leaf('id', { type: 'INT64' }));
    const objects = write(
      'objects.parquet',
      [images, { name: 'captions', data: captions }],
      [{ name: 'root', num_children: 2 }, leaf('image'), ...list('captions', sentence)],
    );
    await prepareParquet({ shards: [objects], out: at('objects'), imageSize });
    expect(pairsOf(at('objects'))).toEqual(['red: red | round', 'green: green']);
    const file = write(
      'json.parquet',
      [images, { name: 'caption', data: [{ raw: 'red', score: 888 }, ['green', 'grass']] }],
      [
        { name: 'root', num_children: 2 },
        leaf('image'),
        leaf('caption', { converted_type: 'JSON' }),
      ],
      'UNCOMPRESSED',
    );
    // The writer cannot write NaN, as Python does.
    const bytes = readFileSync(file, 'latin1').replaceAll('888', 'NaN');
    writeFileSync(file, bytes, 'latin1');
    await prepareParquet({ shards: [file], out: at('json'), imageSize });
    expect(pairsOf(at('json'))).toEqual(['red: red', 'green: green | grass']);
  });

  it('are skipped where they are marked as text, but are not UTF-8', async () => {
    const captions = [Buffer.from('rouge caf\xe9', 'latin1'), Buffer.from('green')];
    const file = write(
      'latin.parquet',
      [
        { name: 'image', data: [red, green] },
        { name: 'caption', data: captions },
      ],
      [{ name: 'root', num_children: 2 }, leaf('image'), text('caption')],
    );
    await prepareParquet({ shards: [file], out: at('latin'), imageSize });
    expect(pairsOf(at('latin'))).toEqual(['green: green']);
    expect(codesOf(at('latin'))).toEqual(['latin.parquet:0 bad_encoding']);
  });

  it('go with ids that differ beyond 2 ** 53', async () => {
    const file = write('ids.parquet', [
      image(),
      column('caption', 'r', 'g'),
      { name: 'id', data: [9007199254740992n, 9007199254740993n], type: 'INT64' },
    ]);
    await prepareParquet({ shards: [file], out: at('ids'), imageSize });
    const ids = openDataset(at('ids')).items.map(({ id }) => id);
    expect(ids).toEqual(['9007199254740992', '9007199254740993']);
  });

  it("go with Karpathy's split, or another one that is ignored", async () => {
    const rows = (...splits: string[]) => [image(), column('caption', 'r', 'g'), column('split', ...splits)]; // prettier-ignore
    const splitsOf = (out: string) => openDataset(out).items.map(({ split }) => split);
    const known = { shards: [write('known.parquet', rows('restval', 'testA'))], imageSize };
    await prepareParquet({ ...known, out: at('known') });
    expect(splitsOf(at('known'))).toEqual(['train', 'validation']);
    const other = { shards: [write('other.parquet', rows('fold 1', 'fold 2'))], imageSize };
    await expect(prepareParquet({ ...other, out: at('never') })).rejects.toThrow(/--ignore-split/);
    await prepareParquet({ ...other, columns: { split: false }, out: at('other') });
    expect(splitsOf(at('other'))).toEqual(['train', 'train']);
  });
});

it('goes on after a damaged file with --skip-damaged, and counts it', async () => {
  const columns = (data: Uint8Array[]): ColumnSource[] => [
    { name: 'image', data, type: 'BYTE_ARRAY' },
    { name: 'caption', data: data.map(() => 'a square'), type: 'STRING' },
  ];
  const shards = ['none', 'page', 'good'].map((name) => write(`${name}.parquet`, columns([red])));
  writeFileSync(shards[0], 'no parquet');
  const bytes = Buffer.from(parquetWriteBuffer({ columnData: columns([red, green]), codec: 'SNAPPY' })); // prettier-ignore
  writeFileSync(shards[1], bytes.fill(255, 4, 60));
  const options = { shards, imageSize };
  await expect(prepareParquet({ ...options, out: at('never') })).rejects.toThrow(
    /none\.parquet: expected a parquet file.*--skip-damaged/,
  );
  const out = at('damaged');
  await prepareParquet({ ...options, out, skipDamaged: true });
  expect(openDataset(out).items.map(({ id }) => id)).toEqual(['good/0']);
  expect(codesOf(out)).toEqual(['none.parquet damaged_shard', 'page.parquet damaged_shard']);
});
