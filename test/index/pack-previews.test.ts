import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { packPreviews } from '../../gpu-embedder/index/version/pack-previews.ts';

test('a raster image becomes a WebP of at most 256 pixels', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-previews-'));
  try {
    const sides = [
      [800, 400],
      [40, 30],
    ];
    const items = await Promise.all(
      sides.map(async ([width, height], i) => {
        const file = join(dir, `${i}.png`);
        await sharp({ create: { width, height, channels: 3, background: 'red' } }).toFile(file);
        return { id: `${i}.png`, title: 'red', captions: [], tags: [], file };
      }),
    );
    const readImage = async (i: number) => ({
      bytes: await readFile(items[i].file),
      type: 'image/png',
    });
    const packed = await packPreviews({ items, readImage }, join(dir, 'previews.bin'));
    const bytes = await readFile(join(dir, 'previews.bin'));
    const sizes = await Promise.all(
      packed.map(async ({ preview: { offset, length, type } }) => {
        expect(type).toBe('image/webp');
        const { format, width, height } = await sharp(
          bytes.subarray(offset, offset + length),
        ).metadata();
        expect(format).toBe('webp');
        return [width, height];
      }),
    );
    expect(sizes).toEqual([
      [256, 128],
      [40, 30],
    ]);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
});
