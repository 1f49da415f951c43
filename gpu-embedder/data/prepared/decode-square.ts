import type { ImageKind } from '../../../src/image/describe-image.ts';
import { decodeImage } from '../../common/images/decode-image.ts';
import { premultiply } from './premultiply.ts';

/** An image that fills a square, with its media type and its size after EXIF rotation. */
export interface SquareImage extends ImageKind {
  /** RGBA8, alpha premultiplied, [size, size, 4] */
  readonly pixels: Uint8Array;
}

/**
 * Decode an image to a square: the whole image, centred, with transparent margins. `encode` and
 * the edge fit images for Diptych's own models in the same way.
 *
 * @param source - file or its bytes
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export function decodeSquare(source: string | Uint8Array, size: number): Promise<SquareImage> {
  return decodeImage(
    source,
    {
      to: { kind: 'exact', size: { width: size, height: size } },
      fit: 'contain',
      kernel: 'cubic',
      background: { r: 0, g: 0, b: 0, alpha: 0 },
    },
    async (image, kind) => {
      const pixels = await image
        .toColourspace('srgb')
        .ensureAlpha()
        .raw({ depth: 'uchar' })
        .toBuffer();
      return { pixels: premultiply(pixels), ...kind };
    },
  );
}
