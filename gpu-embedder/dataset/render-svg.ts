import sharp from 'sharp';
import { premultiply } from './premultiply.ts';

/**
 * Render a square SVG document.
 *
 * @returns RGBA8, alpha premultiplied, [size, size, 4]
 */
export async function renderSvg(svg: string, size: number): Promise<Uint8Array> {
  const pixels = await sharp(Buffer.from(svg))
    .resize(size, size, { fit: 'fill' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer();
  if (pixels.length !== size * size * 4) {
    throw new Error(`expected ${size * size * 4} bytes of RGBA, got ${pixels.length}`);
  }
  return premultiply(pixels);
}

/** Tell whether nothing, or next to nothing, is drawn: less ink than eight opaque pixels. */
export function isBlank(pixels: Uint8Array): boolean {
  let ink = 0;
  for (let i = 3; i < pixels.length; i += 4) ink += pixels[i];
  return ink < 8 * 255;
}
