import { DiptychError } from '../../src/errors.ts';
import { limits } from '../../src/limits.ts';
import { imageFaults } from './image-scaler.ts';

/**
 * Say why an image could not be scaled: the image is to blame only if the service says so. A failure
 * of the service passes, so a client may send the same image again.
 */
export function scalerFailure(cause: unknown, { byteLength }: Uint8Array): DiptychError {
  const code = (cause as { readonly code?: unknown } | null)?.code;
  if (code === imageFaults.tooManyPixels) {
    const message = `image: expected at most ${limits.imagePixels} pixels in all its frames, got more`;
    return new DiptychError('payload_too_large', message, undefined, { cause });
  }
  if (code === imageFaults.notAnImage || code === imageFaults.notSupported) {
    const message = `image: the ${byteLength} bytes cannot be decoded`;
    return new DiptychError('unreadable_image', message, undefined, { cause });
  }
  return new DiptychError(
    'images_unavailable',
    'image: the service that decodes images failed; try again',
    undefined,
    { cause },
  );
}
