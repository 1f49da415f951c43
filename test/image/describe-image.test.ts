import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { describeImage } from '../../src/image/describe-image.ts';
import { afterJpegStart, exif, exifSegment, gif, type GifFrame } from '../setup/image-bytes.ts';

const picture = sharp({ create: { width: 30, height: 20, channels: 3, background: 'red' } });

describe.each(['jpeg', 'png', 'webp', 'avif', 'tiff'] as const)('the size of a %s', (format) => {
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

describe('the size of a GIF', () => {
  it.each<[string, readonly [number, number], readonly GifFrame[]]>([
    ['its screen', [60, 40], [{ place: [10, 10], size: [30, 20], colour: 1 }]],
    ['its first frame, where it is larger', [1, 1], [{ size: [30, 20], colour: 1 }]],
    [
      'both, where one leaves the other',
      [30, 20],
      [{ place: [25, 15], size: [30, 20], colour: 1 }],
    ],
    [
      'not its later frames',
      [30, 20],
      [
        { size: [30, 20], colour: 1 },
        { size: [50, 50], colour: 2 },
      ],
    ],
  ])('is that of %s', async (_name, screen, frames) => {
    const bytes = gif(screen, frames);
    const { width, height } = await sharp(bytes).metadata();
    expect(describeImage(bytes)).toEqual({ type: 'image/gif', width, height });
  });

  it('counts the largest frame against the limit', () => {
    const bytes = gif(
      [9, 9],
      [1, 2].map((colour) => ({ size: [9, 9], colour }) as const),
    );
    const last = bytes.lastIndexOf(Buffer.from([0x2c, 0, 0, 0, 0, 9, 0, 9, 0]));
    bytes.writeUInt16LE(10_001, last + 5);
    bytes.writeUInt16LE(10_000, last + 7);
    expect(() => describeImage(bytes)).toThrow('got a frame of 100010000');
  });
});

it.each([
  ['fill bytes', [0xff, 0xff, 0xff]],
  ['bytes of nothing', [0x00, 0x13, 0x37]],
])('is told of a JPEG with %s between its segments', async (_name, bytes) => {
  const parts = [exifSegment(exif(6)), Buffer.from(bytes), exifSegment(exif(3))];
  const jpeg = afterJpegStart(await picture.clone().jpeg().toBuffer(), ...parts);
  const { autoOrient } = await sharp(jpeg, { failOn: 'error' }).metadata();
  expect(describeImage(jpeg)).toEqual({ type: 'image/jpeg', ...autoOrient });
  expect(autoOrient).toEqual({ width: 20, height: 30 });
});
