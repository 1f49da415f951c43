import { decode } from 'fast-png';
import { DiptychError } from '../../src/errors.ts';
import { fitQueryImage } from '../../src/image/fit-query-image.ts';
import type { ImageScaler } from './image-scaler.ts';
import { scalerFailure } from './scaler-failure.ts';

/**
 * Decode an upload and fit the whole image into a white square.
 *
 * @param bytes - the upload; its orientation is overwritten
 * @param size - side of the square, pixels
 * @returns RGB8, [size, size, 3]
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large; images_unavailable if
 *   the image is not to blame
 */
export function decodeImage(
  images: ImageScaler,
  bytes: Uint8Array<ArrayBuffer>,
  size: number,
): Promise<Uint8Array> {
  return fitQueryImage(bytes, size, async (image, { width, height }) => {
    let png: ArrayBuffer;
    try {
      const result = await images
        .input(new Blob([image]).stream())
        .transform({ width, height, fit: 'contain' })
        .output({ format: 'image/png' });
      png = await new Response(result.image()).arrayBuffer();
    } catch (cause) {
      throw scalerFailure(cause, image);
    }
    try {
      return decode(png);
    } catch (cause) {
      throw new DiptychError(
        'images_unavailable',
        'image: the service that decodes images sent no PNG; try again',
        undefined,
        { cause },
      );
    }
  });
}
