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

/** An object of the store that holds many images. */
export interface ImagePack {
  /** SHA-256 of the bytes, hex: the name of the pack. */
  readonly pack: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each image is, in the order in which they were given. */
  readonly places: readonly ImagePlace[];
}

/**
 * Put images into one object, one after the other. One object for each image would cost a request per
 * image to write it and another to read it.
 */
export async function packImages(images: readonly HashedImage[]): Promise<ImagePack> {
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
  return { pack, bytes, places: slices.map((slice) => ({ ...slice, pack })) };
}
