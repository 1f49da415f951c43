import { DiptychError } from '../../../../src/errors.ts';
import { limits } from '../../../../src/limits.ts';

/** What one image or text may be; what is more fails alone. */
export interface ItemLimits {
  readonly imageBytes: number;
  /** By the header, before it is decoded. */
  readonly imagePixels: number;
  /** UTF-16 units. */
  readonly textCharacters: number;
}

export const defaultItemLimits: ItemLimits = {
  imageBytes: limits.embedderImageBytes,
  imagePixels: limits.imagePixels,
  textCharacters: limits.textCharacters,
};

/** @throws DiptychError payload_too_large, unreadable_image where there is no byte */
export function checkImageBytes(bytes: Uint8Array, { imageBytes }: ItemLimits): void {
  if (bytes.length > imageBytes) {
    throw new DiptychError(
      'payload_too_large',
      `the image: expected at most ${imageBytes} bytes, got ${bytes.length}`,
    );
  }
  if (bytes.length === 0) {
    throw new DiptychError('unreadable_image', 'the image: expected bytes, got none');
  }
}

/** @throws DiptychError payload_too_large */
export function checkText(text: string, { textCharacters }: ItemLimits): void {
  if (text.length <= textCharacters) return;
  throw new DiptychError(
    'payload_too_large',
    `the text: expected at most ${textCharacters} characters, got ${text.length}`,
  );
}
