import { expect, test } from 'vitest';
import { pixelsOnWhite } from '../../src/image/pixels-on-white.ts';

const red = [255, 0, 0];
const halfBlue = [0, 0, 255, 128];

test('colours of a palette are laid over white', () => {
  const image = { width: 2, height: 1, data: [0, 1], channels: 1, depth: 8 };
  const pixels = pixelsOnWhite({ ...image, palette: [red, halfBlue] }, 2);
  expect([...pixels.subarray(0, 6)]).toEqual([255, 0, 0, 127, 127, 255]);
});

test('a pixel without a colour in the palette is refused', () => {
  const image = { width: 2, height: 1, data: [0, 7], channels: 1, depth: 8 };
  expect(() => pixelsOnWhite({ ...image, palette: [red, halfBlue] }, 2)).toThrow(
    expect.objectContaining({
      code: 'unreadable_image',
      message: 'image: expected one of 2 colours of the palette, got colour 7',
    }),
  );
});
