import { isSvg, readImageHeader } from './image-header.ts';
import { isTurned } from './orientation.ts';

/** What an image is, by its bytes. */
export interface ImageKind {
  /** Media type. */
  readonly type: string;
  /** Pixels, as the image is shown; SVG has none. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Tell what an image is without decoding it: one that {@link readImageHeader} reads, or SVG.
 *
 * @throws DiptychError unsupported_image, unreadable_image
 */
export function describeImage(bytes: Uint8Array): ImageKind {
  if (isSvg(bytes)) return { type: 'image/svg+xml' };
  const { format, width, height } = readImageHeader(bytes);
  const type = `image/${format}`;
  return isTurned(format, bytes) ? { type, width: height, height: width } : { type, width, height };
}
