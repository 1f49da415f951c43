import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { scalePixels } from '../../src/image/scale-pixels.ts';
import { uploads } from '../setup/uploads.ts';

/** Differences to what libvips makes of the same image, over white, per channel. */
async function compare(png: Uint8Array, width: number, height: number) {
  const image = sharp(png).ensureAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  const own = scalePixels({ data, width: info.width, height: info.height }, { width, height });
  expect(own.length).toBe(4 * width * height);
  const overWhite = (pixels: Sharp) => pixels.flatten({ background: '#fff' }).raw().toBuffer();
  const theirs = await overWhite(sharp(png).resize(width, height, { fit: 'fill' }));
  const ours = await overWhite(sharp(own, { raw: { width, height, channels: 4 } }));
  const differences = [...ours].map((value, i) => Math.abs(value - theirs[i]));
  return {
    mean: differences.reduce((sum, one) => sum + one, 0) / differences.length,
    most: Math.max(...differences),
  };
}

describe('scalePixels', () => {
  it.each([
    ['square.png', 48, 48],
    ['square.png', 17, 31],
    ['wide.png', 64, 32],
    ['deep.png', 128, 128],
  ])('makes of %s at %i x %i what the Images service does', async (name, width, height) => {
    const { mean, most } = await compare((await uploads())[name], width, height);
    // libvips shrinks by whole factors first.
    expect(mean).toBeLessThan(2);
    expect(most).toBeLessThan(40);
  });

  it('keeps an image of the same size, transparent parts included', () => {
    const data = Uint8Array.of(10, 20, 30, 255, 200, 100, 50, 51, 0, 0, 0, 0, 255, 255, 255, 255);
    const size = { width: 2, height: 2 };
    expect([...scalePixels({ data, ...size }, size)]).toEqual([...data]);
  });

  it('leaves things where they are when it enlarges', () => {
    const [from, to] = [20, 50];
    const data = new Uint8Array(4 * from * from).fill(255);
    const at = (x: number, y: number) => Math.round(255 * Math.exp(-((x - 6) ** 2 + y ** 2) / 9));
    for (let i = 0; i < from * from; i++) data[4 * i] = at(i % from, Math.floor(i / from) - 10);
    const size = (side: number) => ({ width: side, height: side });
    const large = scalePixels({ data, ...size(from) }, size(to));
    let [sum, weighed] = [0, 0];
    for (let i = 0; i < to * to; i++) {
      sum += large[4 * i];
      weighed += large[4 * i] * ((i % to) + 0.5);
    }
    expect(weighed / sum / to).toBeCloseTo(6.5 / from, 2);
  });

  it('gives a transparent neighbour no say in a colour', () => {
    const data = Uint8Array.of(0, 0, 255, 0, 200, 0, 0, 255);
    const [red, green, blue, alpha] = scalePixels(
      { data, width: 2, height: 1 },
      { width: 1, height: 1 },
    );
    expect([red, green, blue]).toEqual([200, 0, 0]);
    expect(alpha).toBeCloseTo(127.5, -0.5);
  });
});
