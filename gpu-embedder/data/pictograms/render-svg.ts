import sharp from 'sharp';
import { premultiply } from '../prepared/premultiply.ts';

/**
 * Render a square SVG document of the corpus. Unlike those of strangers (`decodeImage`) it needs no
 * limits, and so no process of its own.
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

/**
 * Tell whether an image looks empty on a white page: it shows less ink than eight black pixels.
 * A white drawing looks empty, too.
 *
 * @param pixels - RGBA8, alpha premultiplied
 */
export function isBlank(pixels: Uint8Array): boolean {
  let ink = 0;
  for (let i = 0; i < pixels.length; i += 4) {
    ink += 3 * pixels[i + 3] - pixels[i] - pixels[i + 1] - pixels[i + 2];
  }
  return ink < 8 * 3 * 255;
}
