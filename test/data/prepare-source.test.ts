import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFolder } from '../../gpu-embedder/data/prepare/prepare-images.ts';
import { prepareSource } from '../../gpu-embedder/data/prepare/prepare-source.ts';
import { openDataset, openPixels } from '../../gpu-embedder/data/prepared/read-dataset.ts';
import type { Source } from '../../gpu-embedder/data/readers/source.ts';
import { decodeForModel } from '../../gpu-embedder/common/images/decode-for-model.ts';
import { describeModel } from '../../gpu-embedder/common/model-folder/model-description.ts';
import { readImageRule } from '../../gpu-embedder/common/model-folder/image-rule.ts';
import { readModelFiles } from '../../gpu-embedder/common/model-folder/model-files.ts';
import { preparedRgb, takesPreparedPixels } from '../../gpu-embedder/data/prepared/prepared-rgb.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import { writeClipFolder } from '../common/model-folder/write-clip-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-source-'));
const at = (...names: string[]): string => join(root, ...names);
let picture: Buffer;

beforeAll(async () => {
  const left = await sharp({ create: { width: 20, height: 30, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  picture = await sharp({ create: { width: 60, height: 30, channels: 3, background: 'blue' } })
    .composite([{ input: left, left: 0, top: 0 }])
    .png()
    .toBuffer();
});
afterAll(() => rmSync(root, { recursive: true }));

/** A source of one picture under many ids. */
const source = (ids: readonly string[], split?: 'train' | 'validation'): Source => ({
  kind: 'tar',
  names: ['pictures'],
  key: [ids, split],
  progress: { label: 'Decoding', total: 0 },
  async *entries() {
    for (const id of ids) {
      const image = { bytes: picture };
      yield { where: id, id, image, captions: ['a picture'], tags: [], ...(split && { split }) };
    }
  },
});
const ids = (count: number, first = 0) =>
  Array.from({ length: count }, (_, i) => `picture-${first + i}`);
const heldOut = (out: string): string[] =>
  openDataset(out)
    .items.filter(({ split }) => split === 'validation')
    .map(({ id }) => id)
    .sort();

describe('an id', () => {
  it('with a part "." or ".." is skipped, because no address can have it', async () => {
    const given = ['a', '.', 'b/../c', '..', 'd.', './e'];
    const result = await prepareSource(source(given), { imageSize: 4, out: at('ids') });
    expect(result).toMatchObject({ inputs: 6, prepared: 2, skipped: { bad_id: 4 } });
    expect(openDataset(at('ids')).items.map(({ id }) => id)).toEqual(['a', 'd.']);
  });
});

describe('--validation', () => {
  it('holds out the same images whatever their order, and nearly the same of more', async () => {
    const options = { imageSize: 4, validation: 0.2 };
    await prepareSource(source(ids(100)), { ...options, out: at('some') });
    await prepareSource(source(ids(100).reverse()), { ...options, out: at('reversed') });
    await prepareSource(source(ids(110)), { ...options, out: at('more') });
    const some = heldOut(at('some'));
    expect(some).toHaveLength(20);
    expect(heldOut(at('reversed'))).toEqual(some);
    const more = heldOut(at('more'));
    expect(more).toHaveLength(22);
    expect(some.filter((id) => more.includes(id)).length).toBeGreaterThanOrEqual(17);
    expect(openDataset(at('some')).items.map(({ id }) => id)).toEqual(ids(100));
  });

  it('accepts a number of items, and keeps the split of items that have one', async () => {
    const both: Source = {
      ...source(ids(20)),
      async *entries(onProgress) {
        yield* source(ids(20)).entries(onProgress);
        yield* source(ids(10, 20), 'train').entries(onProgress);
        yield* source(ids(10, 30), 'validation').entries(onProgress);
      },
    };
    await prepareSource(both, { imageSize: 4, validation: 5, out: at('number') });
    const chosen = heldOut(at('number'));
    expect(chosen.filter((id) => ids(20).includes(id))).toHaveLength(5);
    expect(chosen.filter((id) => ids(10, 30).includes(id))).toHaveLength(10);
    expect(chosen).toHaveLength(15);
  });

  it('refuses to hold out every item', async () => {
    const options = { imageSize: 4, validation: 5, out: at('none') };
    await expect(prepareSource(source(ids(5)), options)).rejects.toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining('5 of 5 items'),
    });
  });
});

it('holds a few images at a time, whatever their number', async () => {
  const out = at('stream');
  const imageSize = 32;
  let read = 0;
  let ahead = 0;
  const counted: Source = {
    ...source([]),
    async *entries(onProgress) {
      for await (const entry of source(ids(300)).entries(onProgress)) {
        const file = statSync(`${out}.partial/pixels.bin`, { throwIfNoEntry: false });
        ahead = Math.max(ahead, read - (file?.size ?? 0) / (imageSize * imageSize * 4));
        read += 1;
        yield entry;
      }
    },
  };
  await prepareSource(counted, { imageSize, out });
  expect(openDataset(out).items).toHaveLength(300);
  expect(ahead).toBeLessThanOrEqual(48);
});

describe('--for', () => {
  it.each(['clip', 'siglip'] as const)(
    'gives the pixels that a %s model encodes, and encode takes them',
    async (family) => {
      await writeClipFolder(at(family), family);
      const out = at(`for-${family}`);
      await prepareSource(source(ids(2)), { forModel: at(family), out });
      const files = await readModelFiles(at(family));
      const imageRule = readImageRule(files, describeModel(files));
      const dataset = openDataset(out);
      expect(dataset.manifest).toMatchObject({
        imageSize: imageRule.imageSize,
        imageRule: { resize: { kind: family === 'clip' ? 'shortest' : 'exact' } },
      });
      const pixels = openPixels(dataset);
      const stored = pixels.read(1);
      pixels.close();
      expect(Buffer.from(preparedRgb(stored))).toEqual(await decodeForModel(picture, imageRule));
      expect(stored.filter((_, i) => i % 4 === 3).every((alpha) => alpha === 255)).toBe(true);
      expect(takesPreparedPixels({ imageRule }, dataset)).toBe(true);
      const other = { ...imageRule, contain: true };
      expect(takesPreparedPixels({ imageRule: other }, dataset)).toBe(false);
    },
  );

  it("keeps images whole for one of Diptych's own models", async () => {
    await writeTinyModel(at('tiny'));
    await prepareSource(source(ids(1)), { forModel: at('tiny'), out: at('for-tiny') });
    await prepareSource(source(ids(1)), { imageSize: 32, out: at('plain') });
    const [own, plain] = [openDataset(at('for-tiny')), openDataset(at('plain'))];
    expect(own.manifest.fingerprint).toBe(plain.manifest.fingerprint);
    expect(own.manifest.imageRule).toBeUndefined();
  });

  it("refuses a size that is not the model's, and a folder that is not a model", async () => {
    await writeClipFolder(at('clip'), 'clip');
    const options = { out: at('never'), forModel: at('clip') };
    await expect(prepareSource(source(ids(1)), { ...options, imageSize: 64 })).rejects.toThrow(
      /--image-size 64: .*clip takes images of 4 pixels/,
    );
    await mkdir(at('foreign'));
    await writeFile(at('foreign', 'config.json'), '{}');
    await expect(
      prepareFolder({ images: at('foreign'), out: at('never'), forModel: at('foreign') }),
    ).rejects.toMatchObject({ code: 'unreadable_model' });
  });
});
