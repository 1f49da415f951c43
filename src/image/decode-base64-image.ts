import { DiptychError } from '../errors.ts';

/**
 * Decode an image that is given as base64, in either alphabet, or as a base64 data URI.
 *
 * @throws DiptychError unreadable_image
 */
export function decodeBase64Image(value: string): Uint8Array<ArrayBuffer> {
  const comma = value.startsWith('data:') ? value.indexOf(',') : -1;
  if (value.startsWith('data:') && !/;base64$/i.test(value.slice(0, Math.max(comma, 0)))) {
    throw new DiptychError('unreadable_image', 'image: expected a data URI with ";base64,"');
  }
  const base64 = value
    .slice(comma + 1)
    .replace(/\s+/g, '')
    .replaceAll('-', '+')
    .replaceAll('_', '/');
  let binary: string;
  try {
    binary = atob(base64);
  } catch (cause) {
    throw new DiptychError('unreadable_image', 'image: expected base64', undefined, { cause });
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
