import { sha256 } from '../../version/sha256.ts';
import type { ImageKind } from '../../image/describe-image.ts';

/** Where the bytes of an image are: a slice of a pack. */
export interface ImagePlace {
  /** SHA-256 of the image, hex. */
  readonly hash: string;
  /** SHA-256 of the pack, hex. */
  readonly pack: string;
  readonly byteOffset: number;
  readonly byteLength: number;
  /** Media type. */
  readonly type: string;
}

export interface HashedImage extends ImageKind {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/**
 * Put images into one object, one after the other: an object an image would cost a request each to
 * write and to read.
 */
export async function packImages(
  images: readonly HashedImage[],
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly places: readonly ImagePlace[] }> {
  const total = images.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const bytes = new Uint8Array(total);
  let at = 0;
  const slices = images.map(({ hash, bytes: image, type }) => {
    bytes.set(image, at);
    const slice = { hash, byteOffset: at, byteLength: image.length, type };
    at += image.length;
    return slice;
  });
  const pack = await sha256(bytes);
  return { bytes, places: slices.map((slice) => ({ ...slice, pack })) };
}
