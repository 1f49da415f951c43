import sharp, { type Sharp } from 'sharp';
import type { Size } from '../../../src/image/preprocessing.ts';
import { resizedSize } from '../../../src/image/resized-size.ts';
import type { Resize } from './decode-image.ts';

/**
 * Draw an SVG at the size that is wanted. The size that it says for itself matters only for its
 * shape: it may be in millimetres, larger than any picture or smaller than a pixel.
 */
export async function drawSvg(
  svg: Uint8Array,
  { to, ...resize }: Resize,
): Promise<{ image: Sharp; size: Size }> {
  const { bytes, density } = await measureSvg(svg);
  const options = { density, limitInputPixels: false };
  const size = resizedSize(to, await sharp(bytes, options).metadata());
  return { image: sharp(bytes, options).resize({ ...size, ...resize }), size };
}

/** Pixels of the longer side at which the shape of a drawing is measured. */
const measuredSide = 1000;
/** The density at which a unit of an SVG is a pixel, and the most and least that there may be. */
const [plain, least, most] = [72, 1, 100_000];

/**
 * Choose the density of a drawing so that its size in whole pixels has its shape.
 *
 * @returns also the drawing itself, to which a size is added where it says none
 */
async function measureSvg(svg: Uint8Array): Promise<{ bytes: Uint8Array; density: number }> {
  const atMost = { density: most, limitInputPixels: false };
  const tried = await sharp(svg, { limitInputPixels: false })
    .metadata()
    // A drawing may be smaller than a pixel.
    .catch((error: unknown) =>
      sharp(svg, atMost)
        .metadata()
        .catch(() => {
          throw error;
        }),
    );
  const { width, height, density = plain } = tried;
  const wanted = (density * measuredSide) / Math.max(width, height);
  return {
    bytes: addViewBox(svg, width, height),
    density: Math.min(most, Math.max(least, wanted)),
  };
}

/**
 * Give a drawing without a size and without a `viewBox` the `viewBox` of what it shows. The library
 * would otherwise enlarge the canvas and not the drawing.
 */
function addViewBox(svg: Uint8Array, width: number, height: number): Uint8Array {
  const text = new TextDecoder().decode(svg);
  const root = /<(?:\w+:)?svg(?=[\s>/])(?:[^>"']|"[^"]*"|'[^']*')*>/.exec(text)?.[0];
  if (root === undefined || /\sviewBox\s*=/.test(root)) return svg;
  const hasSize = (name: string) =>
    new RegExp(`\\s${name}\\s*=\\s*["']\\s*[\\d.]+\\s*[a-z]*\\s*["']`, 'i').test(root);
  if (hasSize('width') && hasSize('height')) return svg;
  const at = root.indexOf('svg') + 'svg'.length;
  const sized = `${root.slice(0, at)} viewBox="0 0 ${width} ${height}"${root.slice(at)}`;
  return Buffer.from(text.replace(root, () => sized));
}
