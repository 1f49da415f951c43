import { DiptychError } from '../../../src/errors.ts';

/** Say that an image cannot be decoded, and keep what the decoder said of it. */
export function unreadableImage(bytes: Uint8Array, cause: unknown): DiptychError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DiptychError(
    'unreadable_image',
    `the image of ${bytes.length} bytes cannot be decoded: ${reason}`,
    undefined,
    { cause },
  );
}
