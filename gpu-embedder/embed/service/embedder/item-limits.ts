import { DiptychError } from '../../../../src/errors.ts';
import { limits } from '../../../../src/limits.ts';

/** Limits of one image or text. An input beyond them fails alone, and not its request. */
export interface ItemLimits {
  readonly imageBytes: number;
  /** Width times height in the header, which is read before the image is decoded. */
  readonly imagePixels: number;
  /** UTF-16 units. */
  readonly textCharacters: number;
}

export const defaultItemLimits: ItemLimits = {
  imageBytes: limits.embedderImageBytes,
  imagePixels: limits.imagePixels,
  textCharacters: limits.textCharacters,
};

/** @throws DiptychError payload_too_large, unreadable_image if it is empty */
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
