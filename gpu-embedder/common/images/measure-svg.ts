import sharp from 'sharp';
import type { Size } from '../../../src/image/preprocessing.ts';

/** A drawing that the library can measure and enlarge. */
export interface MeasuredSvg extends Size {
  readonly svg: Uint8Array;
  /** The density at which it has this size in whole pixels. */
  readonly density: number;
}

/** Pixels of the longer side at which the shape of a drawing is measured. */
const measuredSide = 1000;
/** The density at which a unit of an SVG is a pixel, and the least and the most that there may be. */
const [plain, least, most] = [72, 1, 100_000];

/**
 * Measure a drawing. The size that it says matters only for its shape: it may be in millimetres,
 * larger than any picture, or smaller than a pixel.
 */
export async function measureSvg(svg: Uint8Array): Promise<MeasuredSvg> {
  const natural = await sizeAt(svg, plain).catch((error: unknown) =>
    // It may be smaller than a pixel.
    sizeAt(svg, most).catch(() => {
      throw error;
    }),
  );
  const wanted = (natural.density * measuredSide) / Math.max(natural.width, natural.height);
  const density = Math.min(most, Math.max(least, wanted));
  return sizeAt(addViewBox(svg, natural), density);
}

async function sizeAt(svg: Uint8Array, density: number): Promise<MeasuredSvg> {
  const { width, height } = await sharp(svg, { density, limitInputPixels: false }).metadata();
  return { svg, density, width, height };
}

/**
 * Give a drawing that has neither a size nor a `viewBox` the `viewBox` of what it shows. The library
 * would otherwise enlarge the canvas and not the drawing.
 */
function addViewBox(svg: Uint8Array, { width, height }: Size): Uint8Array {
  const text = new TextDecoder().decode(svg);
  const root = /<(?:\w+:)?svg(?=[\s>/])(?:[^>"']|"[^"]*"|'[^']*')*>/.exec(text)?.[0];
  if (root === undefined || /\sviewBox\s*=/.test(root)) return svg;
  const hasLength = (name: string) =>
    new RegExp(`\\s${name}\\s*=\\s*["']\\s*[\\d.]+\\s*[a-z]*\\s*["']`, 'i').test(root);
  if (hasLength('width') && hasLength('height')) return svg;
  const sized = root.replace(/svg/, `svg viewBox="0 0 ${width} ${height}"`);
  return Buffer.from(text.replace(root, () => sized));
}
