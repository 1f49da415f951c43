import { decodeBase64Image } from '../../../../src/image/decode-base64-image.ts';
import { shorten } from '../../../../src/text/shorten.ts';
import { imageName } from '../find-images.ts';

/** How a table gives an image: its bytes, or a path, which may turn out to be base64. */
export type ImageValue =
  { readonly bytes: Uint8Array } | { readonly path: string } | { readonly problem: string };

/**
 * List the images of a value in a table: bytes, a text (a path, base64, a data URI, SVG), or
 * `{bytes, path}` as the Hugging Face hub writes it, or a list of these.
 */
export function imageValues(value: unknown): readonly ImageValue[] {
  if (Array.isArray(value)) return value.flatMap(imageValues);
  if (value instanceof Uint8Array) return ofBytes(value);
  if (typeof value === 'string') return ofText(value);
  if (typeof value !== 'object' || value === null) return [];
  const { bytes, path } = value as { readonly bytes?: unknown; readonly path?: unknown };
  const inside = imageValues(bytes);
  // Prefer bytes to a path: the hub stores both, and its path is only the file's former name.
  return inside.length > 0 ? inside : imageValues(path);
}

/** Texts that are not marked as such come as bytes. */
function ofBytes(bytes: Uint8Array): readonly ImageValue[] {
  if (bytes.length === 0) return [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
    'latin1',
    0,
    4096,
  );
  const isText =
    isBase64(text) || (bytes.length < 4096 && /^[^<\0-\x1f]+$/.test(text) && imageName.test(text));
  return isText || /^data:[^\0]*$/.test(text)
    ? ofText(Buffer.from(bytes).toString('utf8'))
    : [{ bytes }];
}

function ofText(text: string): readonly ImageValue[] {
  if (text.trim() === '') return [];
  if (/^\s*</.test(text)) return [{ bytes: Buffer.from(text) }];
  if (text.startsWith('data:')) return [decode(text)];
  if (/^[a-z][\w+.-]+:\/\//i.test(text)) {
    return [{ problem: `${shorten(text)} is an address: download the images first` }];
  }
  return [{ path: text }];
}

/** Decode a path that is in truth base64; undefined for any other path. */
export function bytesOfPath(path: string): ImageValue | undefined {
  return isBase64(path.slice(0, 4096)) ? decode(path) : undefined;
}

/** A path of an image has a dot, which base64 has not. */
const isBase64 = (text: string): boolean =>
  text.length >= 64 && /^[\w+/\-\r\n]+={0,2}\s*$/.test(text);

function decode(text: string): ImageValue {
  try {
    return { bytes: decodeBase64Image(text) };
  } catch {
    return { problem: `a text of ${text.length} characters looks like base64, but is not` };
  }
}
