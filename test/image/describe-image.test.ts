import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { describeImage } from '../../src/image/describe-image.ts';

const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } });

describe.each(['jpeg', 'png', 'webp', 'avif'] as const)('the size of a %s', (format) => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('is that of the picture as shown: %i', async (orientation) => {
    const bytes = await picture.clone().withMetadata({ orientation }).toFormat(format).toBuffer();
    const shown = await sharp(bytes).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const { width, height } = shown.info;
    expect(describeImage(bytes)).toEqual({ type: `image/${format}`, width, height });
    expect(width).toBe(orientation < 5 ? 30 : 20);
  });

  it('is told where the file ends behind its header', async () => {
    const bytes = await picture
      .clone()
      .withMetadata({ orientation: 6 })
      .toFormat(format)
      .toBuffer();
    for (let length = 0; length < bytes.length; length++) {
      try {
        const { width, height } = describeImage(bytes.subarray(0, length));
        expect([width, height].sort()).toEqual([20, 30]);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/_image$/) });
      }
    }
  });
});

it('is unknown of SVG', () => {
  const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9"/>');
  expect(describeImage(svg)).toEqual({ type: 'image/svg+xml' });
});

it.each(['', 'Exif\0\0'])('knows EXIF of a WebP that begins with %j', async (start) => {
  const bytes = await picture.clone().withMetadata({ orientation: 6 }).webp().toBuffer();
  const at = bytes.indexOf('EXIF');
  const tiff = bytes.subarray(
    bytes.indexOf(/II\*\0|MM\0\*/.exec(bytes.toString('latin1', at))![0], at),
  );
  const head = Buffer.from('EXIF\0\0\0\0');
  head.writeUInt32LE(start.length + tiff.length, 4);
  const changed = Buffer.concat([bytes.subarray(0, at), head, Buffer.from(start), tiff]);
  expect(describeImage(changed)).toMatchObject({ width: 20, height: 30 });
});
