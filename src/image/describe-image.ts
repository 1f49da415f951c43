import { formatOf, mediaTypeOf } from './image-format.ts';
import { readStoredSize } from './image-header.ts';
import { isTurned } from './orientation.ts';
import { unsupportedImage } from './unsupported-image.ts';

/** The type and the size of an image, as its bytes say. */
export interface ImageKind {
  /** Media type. */
  readonly type: string;
  /** Pixels of the image as it is shown. SVG has no size in pixels. */
  readonly width?: number;
  readonly height?: number;
}

/**
 * Tell the type and the size of an image without decoding it.
 *
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export function describeImage(bytes: Uint8Array): ImageKind {
  const format = formatOf(bytes);
  if (!format) throw unsupportedImage(bytes);
  const type = mediaTypeOf(format);
  if (format === 'svg') return { type };
  const { width, height } = readStoredSize(format, bytes);
  return isTurned(format, bytes) ? { type, width: height, height: width } : { type, width, height };
}
