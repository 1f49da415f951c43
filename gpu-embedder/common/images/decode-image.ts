import { open, readFile } from 'node:fs/promises';
import sharp, { type ResizeOptions, type Sharp } from 'sharp';
import { DiptychError } from '../../../src/errors.ts';
import type { ImageKind } from '../../../src/image/describe-image.ts';
import { formatOf, mediaTypeOf, type RasterFormat } from '../../../src/image/image-format.ts';
import type { ResizeRule, Size } from '../../../src/image/preprocessing.ts';
import { resizedSize } from '../../../src/image/resized-size.ts';
import { unsupportedImage } from '../../../src/image/unsupported-image.ts';
import { limits } from '../../../src/limits.ts';
import { ownBudget, type DecodeBudget } from './decode-budget.ts';
import { decodedBytes } from './decoded-bytes.ts';
import { drawSvg } from './draw-svg.ts';
import { unreadableImage } from './unreadable-image.ts';

/** The size that an image is decoded to, and how it gets that size. */
export interface Resize extends Pick<
  ResizeOptions,
  'fit' | 'kernel' | 'background' | 'withoutEnlargement'
> {
  readonly to: ResizeRule;
}

export interface DecodeOptions {
  /** Whether the image is turned upright, as its orientation says; default true. */
  readonly upright?: boolean;
  /** An image with more pixels is refused. */
  readonly maxPixels?: number;
  /** Where the image waits until there is memory for it; default that of the main thread. */
  readonly budget?: DecodeBudget;
}

// Each image is decoded once, so nothing that the library keeps is used again.
sharp.cache(false);

/**
 * Makes what the caller wants of a resized image.
 *
 * @param kind - the media type, and the size before; an SVG has none
 */
export type Finish<T> = (image: Sharp, kind: ImageKind, resized: Size) => Promise<T>;

/**
 * Decode a picture of a stranger. Every picture that is not our own comes through here, so that one
 * is taken everywhere or nowhere: what a decoder only warns of is taken, a file that is cut short is
 * not, and of several frames or pages the first one is.
 *
 * @param source - file or its bytes
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export async function decodeImage<T>(
  source: string | Uint8Array,
  resize: Resize,
  finish: Finish<T>,
  options: DecodeOptions = {},
): Promise<T> {
  const head = typeof source === 'string' ? await readHead(source) : source;
  const format = formatOf(head);
  if (!format) throw unsupportedImage(head);
  try {
    if (format !== 'svg') return await decodeRaster(source, format, resize, finish, options);
    // An SVG that is read by its path loads the files that it names.
    const bytes = typeof source === 'string' ? await readFile(source) : source;
    const { image, size } = await drawSvg(bytes, resize);
    return await finish(image, { type: mediaTypeOf(format) }, size);
  } catch (cause) {
    throw cause instanceof DiptychError ? cause : unreadableImage(source, cause);
  }
}

/** Bytes from which the format can be told. */
const headBytes = 65_536;

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function decodeRaster<T>(
  source: string | Uint8Array,
  format: RasterFormat,
  { to, ...resize }: Resize,
  finish: Finish<T>,
  { upright = true, maxPixels = limits.imagePixels, budget = ownBudget }: DecodeOptions,
): Promise<T> {
  const header = await sharp(source, { limitInputPixels: false }).metadata();
  const { width, height, autoOrient } = header;
  if (width * height > maxPixels) {
    throw new DiptychError(
      'payload_too_large',
      `the image: expected at most ${maxPixels} pixels, got ${width} x ${height}`,
      { maxPixels, width, height },
    );
  }
  const shown = upright ? autoOrient : { width, height };
  const resized = resizedSize(to, shown);
  // The limit holds again where a header says less than there is.
  const image = sharp(source, { failOn: 'error', limitInputPixels: maxPixels });
  if (upright) image.autoOrient();
  image.resize({ ...resized, ...resize });
  return budget.during(decodedBytes(header), () =>
    finish(image, { type: mediaTypeOf(format), ...shown }, resized),
  );
}
