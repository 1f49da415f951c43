import { uploadKey } from '../../version/keys.ts';
import { sha256 } from '../../version/sha256.ts';
import { DiptychError } from '../../errors.ts';
import { decodeBase64Image } from '../../image/decode-base64-image.ts';
import { describeImage } from '../../image/describe-image.ts';
import { limits } from '../../limits.ts';
import type { ObjectStore } from '../../objects/object-store.ts';
import type { ImageInput } from './item-input.ts';
import type { HashedImage } from './image-pack.ts';

/** Where an image comes from if the item itself does not hold its bytes. */
export interface ImageSources {
  readonly objects: Pick<ObjectStore, 'get'>;
  /** Fetches an image from an address that the operator allows. */
  readonly fetchImage: (url: string) => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Get the bytes of an item's image, and find out their type and size without decoding them.
 *
 * @throws DiptychError unreadable_image, unsupported_image, payload_too_large, not_found, url_refused
 */
export async function readImage(input: ImageInput, sources: ImageSources): Promise<HashedImage> {
  const bytes = await bytesOf(input, sources);
  if (bytes.length > limits.imageBytes) {
    throw new DiptychError(
      'payload_too_large',
      `image: expected at most ${limits.imageBytes} bytes, got ${bytes.length}`,
    );
  }
  return { hash: await sha256(bytes), bytes, ...describeImage(bytes) };
}

async function bytesOf(
  input: ImageInput,
  { objects, fetchImage }: ImageSources,
): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof input === 'string') return decodeBase64Image(input);
  if ('bytes' in input) return input.bytes;
  if ('base64' in input) return decodeBase64Image(input.base64);
  if ('url' in input) return fetchImage(input.url);
  const bytes = await objects.get(uploadKey(input.upload));
  if (bytes) return new Uint8Array(bytes);
  throw new DiptychError('not_found', `image: there is no upload ${input.upload}`);
}
