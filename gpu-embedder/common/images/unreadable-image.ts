import { DiptychError } from '../../../src/errors.ts';

/** Say that an image cannot be decoded, and keep what the decoder said of it. */
export function unreadableImage(image: string | Uint8Array, cause: unknown): DiptychError {
  const which = typeof image === 'string' ? 'the image' : `the image of ${image.length} bytes`;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new DiptychError('unreadable_image', `${which} cannot be decoded: ${reason}`, undefined, {
    cause,
  });
}
