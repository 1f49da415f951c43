import { badRequest } from '../bad-request.ts';

/** The longest key that R2 takes, bytes of UTF-8. */
const maxKeyBytes = 1024;

/**
 * Check that a key is a relative path, so that it can also name a file and be a part of a URL.
 *
 * @throws DiptychError bad_request
 */
export function checkKey(key: string): string {
  const parts = key.split('/');
  const isPath = parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (isPath && !/[\u0000-\u001f\u007f\\]/.test(key) && byteLength(key) <= maxKeyBytes) return key;
  throw badRequest(
    'key',
    `expected at most ${maxKeyBytes} bytes, and no part between "/" that is empty, "." or "..", got ${JSON.stringify(key)}`,
  );
}

function byteLength(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
