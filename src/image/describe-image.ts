import { isSvg, readImageHeader } from './image-header.ts';
import { isTurned } from './orientation.ts';

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
 * @param bytes - SVG, or a format that {@link readImageHeader} reads
 * @throws DiptychError unsupported_image, unreadable_image
 */
export function describeImage(bytes: Uint8Array): ImageKind {
  if (isSvg(bytes)) return { type: 'image/svg+xml' };
  const { format, width, height } = readImageHeader(bytes);
  const type = `image/${format}`;
  return isTurned(format, bytes) ? { type, width: height, height: width } : { type, width, height };
}
