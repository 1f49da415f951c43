import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { decodeImage } from '../../../gpu-embedder/common/images/decode-image.ts';
import { withPngSize } from '../../setup/image-bytes.ts';

const dir = mkdtempSync(join(tmpdir(), 'diptych-decode-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const side = 32;

/** Decode to RGBA8 of 32 x 32 pixels, the whole image in the middle. */
function pixels(source: string | Uint8Array): Promise<Buffer> {
  const background = { r: 0, g: 0, b: 0, alpha: 0 };
  return decodeImage(
    source,
    { to: { kind: 'exact', size: { width: side, height: side } }, fit: 'contain', background },
    (image) => image.toColourspace('srgb').ensureAlpha().raw().toBuffer(),
  );
}

async function middle(source: string | Uint8Array): Promise<readonly number[]> {
  const at = ((side / 2) * side + side / 2) * 4;
  return [...(await pixels(source)).subarray(at, at + 4)];
}

/** Something that does not compress to nothing, so that each share of the file holds pixels. */
const waves = () =>
  sharp(
    Uint8Array.from(
      { length: 150 * 100 * 3 },
      (_, i) => (i * 31 + (i >> 7) * 17 + (i >> 11) * 5) & 255,
    ),
    { raw: { width: 150, height: 100, channels: 3 } },
  );

const encoded: Readonly<Record<string, () => Promise<Buffer>>> = {
  jpeg: () => waves().jpeg().toBuffer(),
  'progressive jpeg': () => waves().jpeg({ progressive: true }).toBuffer(),
  png: () => waves().png().toBuffer(),
  'interlaced png': () => waves().png({ progressive: true }).toBuffer(),
  webp: () => waves().webp().toBuffer(),
  'lossless webp': () => waves().webp({ lossless: true }).toBuffer(),
  gif: () => waves().gif().toBuffer(),
  avif: () => waves().avif({ effort: 0 }).toBuffer(),
  tiff: () => waves().tiff({ compression: 'lzw' }).toBuffer(),
};

it.each(Object.entries(encoded))('a %s is taken whole and refused cut short', async (_, encode) => {
  const whole = await encode();
  expect(await pixels(whole)).toHaveLength(side * side * 4);
  for (const length of [whole.length * 0.5, whole.length * 0.9, whole.length - 60]) {
    await expect(pixels(whole.subarray(0, length))).rejects.toMatchObject({
      code: 'unreadable_image',
    });
  }
});

it('refuses more pixels than an image may have, by its header', async () => {
  const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
    .png()
    .toBuffer();
  await expect(pixels(withPngSize(png, [20_000, 20_000]))).rejects.toMatchObject({
    code: 'payload_too_large',
    message: 'the image: expected at most 100000000 pixels, got 20000 x 20000',
  });
});

const drawing = '<circle cx="12" cy="9" r="6" fill="#d22"/><path d="M0 0h24v2H0z" fill="#22d"/>';
const svg = (attributes: string, content = drawing) =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${content}</svg>`,
  );

const sizes = {
  pixels: svg('width="24000" height="18000" viewBox="0 0 24 18"'),
  millimetres: svg('width="4000mm" height="3000mm" viewBox="0 0 24 18"'),
  ems: svg('width="4000em" height="3000em" viewBox="0 0 24 18"'),
  'per cent': svg('width="100%" height="100%" viewBox="0 0 24 18"'),
  'less than a pixel': svg('width="0.96" height="0.72" viewBox="0 0 24 18"'),
  'a viewBox alone': svg('viewBox="0 0 24 18"'),
  'a large viewBox': svg('viewBox="0 0 240000 180000"', `<g transform="scale(1e4)">${drawing}</g>`),
  'a width alone': svg('width="24000" viewBox="0 0 24 18"'),
  'no viewBox': svg('width="24" height="18"'),
};

it.each(Object.entries(sizes))(
  'an SVG whose size is %s is drawn as any other',
  async (_, bytes) => {
    const plain = await pixels(svg('width="24" height="18" viewBox="0 0 24 18"'));
    const drawn = await pixels(bytes);
    const apart = drawn.map((value, i) => Math.abs(value - plain[i]));
    expect(Math.max(...apart)).toBeLessThanOrEqual(2);
  },
);

it('an SVG that says no size at all fills the picture with what it shows', async () => {
  const [red, green] = [
    [255, 0, 0, 255],
    [0, 128, 0, 255],
  ];
  expect(await middle(svg('', '<path d="M0 0h9v9H0z" fill="red"/>'))).toEqual(red);
  expect(await middle(svg('width="100%"', '<path d="M0 0h9v9H0z" fill="green"/>'))).toEqual(green);
});

const beside = {
  href: '<image href="trap.png" width="24" height="24"/>',
  'xlink:href': '<image xlink:href="trap.png" width="24" height="24"/>',
  path: `<image href="${dir}/trap.png" width="24" height="24"/>`,
  address: `<image href="file://${dir}/trap.png" width="24" height="24"/>`,
  filter:
    '<filter id="f"><feImage href="trap.png"/></filter><path d="M0 0h24v24H0z" filter="url(#f)"/>',
  use: '<use href="trap.svg#a"/>',
  style: '<style>@import url("trap.css");</style>',
};

it.each(Object.entries(beside))('an SVG loads no other file (%s)', async (name, content) => {
  const trap = sharp({ create: { width: 24, height: 24, channels: 3, background: 'blue' } });
  await trap.png().toFile(join(dir, 'trap.png'));
  writeFileSync(join(dir, 'trap.svg'), svg('', '<path id="a" d="M0 0h24v24H0z" fill="blue"/>'));
  writeFileSync(join(dir, 'trap.css'), 'svg { background: blue } path { fill: blue }');
  const file = join(dir, `${name.replace(':', '-')}.svg`);
  const red = '<path d="M0 0h24v24H0z" fill="red"/>';
  writeFileSync(
    file,
    svg('width="24" height="24"', name === 'style' ? content + red : red + content),
  );
  // `feImage` without its file draws nothing over the red, or black.
  expect(await middle(file)).not.toEqual([0, 0, 255, 255]);
});

it('an SVG shows the picture that it contains', async () => {
  const blue = sharp({ create: { width: 24, height: 24, channels: 3, background: 'blue' } });
  const data = (await blue.png().toBuffer()).toString('base64');
  const image = `<image href="data:image/png;base64,${data}" width="24" height="24"/>`;
  expect(await middle(svg('width="24" height="24"', image))).toEqual([0, 0, 255, 255]);
});

it('an SVG in gzip is refused, and the message says what to do', async () => {
  await expect(pixels(gzipSync(svg('width="24" height="24"')))).rejects.toMatchObject({
    code: 'unsupported_image',
    message: expect.stringContaining('unpack it first') as string,
  });
});

it('a drawing that takes too much memory fails alone', async () => {
  const bomb = svg('viewBox="0 0 24 24"', '<g opacity=".5"><path d="M0 0h9v9"/></g>'.repeat(1e5));
  const [drawn, refused] = await Promise.allSettled([
    pixels(svg('viewBox="0 0 24 18"')),
    pixels(bomb),
  ]);
  expect(drawn.status).toBe('fulfilled');
  expect(refused).toMatchObject({
    reason: {
      code: 'unreadable_image',
      message: expect.stringContaining('takes more than 512 MB to draw') as string,
    },
  });
  expect(await pixels(svg('viewBox="0 0 24 18"'))).toHaveLength(side * side * 4);
});
