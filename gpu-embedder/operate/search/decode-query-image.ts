import sharp, { type Sharp } from 'sharp';
import { fitQueryImage } from '../../../src/image/fit-query-image.ts';
import type { Size } from '../../../src/image/preprocessing.ts';
import { limits } from '../../../src/limits.ts';
import { unreadableImage } from '../../common/images/unreadable-image.ts';

/**
 * Decode a query image with the steps of the edge.
 *
 * @param bytes - an image of a kind that the edge takes; its orientation is overwritten
 * @returns RGB8 [size, size, 3]
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export function decodeQueryImage(
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array> {
  return fitQueryImage(bytes, size, async (image, to) => {
    try {
      const { data, info } = await scaleStored(image, to)
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      return { ...info, data, depth: 8 };
    } catch (cause) {
      throw unreadableImage(image, cause);
    }
  });
}

/**
 * Scale the first frame of an image to fit into a box, as it is stored. Its own limit of pixels
 * holds where a header says less than there is.
 */
export function scaleStored(bytes: Uint8Array, { width, height }: Size): Sharp {
  return sharp(bytes, { failOn: 'error', limitInputPixels: limits.imagePixels })
    .resize(width, height, { fit: 'inside' })
    .toColourspace('srgb');
}
