import type { Sharp } from 'sharp';
import { fitQueryImage } from '../../../src/image/fit-query-image.ts';
import type { Size } from '../../../src/image/preprocessing.ts';
import { decodeImage } from '../../common/images/decode-image.ts';

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
  return fitQueryImage(bytes, size, (image, to) =>
    scaleStored(image, to, async (scaled) => {
      const { data, info } = await scaled
        .raw({ depth: 'uchar' })
        .toBuffer({ resolveWithObject: true });
      return { ...info, data, depth: 8 };
    }),
  );
}

/** Scale the first frame of an image to fit into a box, as it is stored. */
export function scaleStored<T>(
  bytes: Uint8Array,
  box: Size,
  finish: (scaled: Sharp) => Promise<T>,
): Promise<T> {
  return decodeImage(
    bytes,
    { to: { kind: 'exact', size: box }, fit: 'inside' },
    (image) => finish(image.toColourspace('srgb')),
    { upright: false },
  );
}
