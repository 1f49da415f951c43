import { DiptychError } from '../errors.ts';

/** The formats of pictures; docs/images.md says at which doors each is taken. */
const formats = {
  png: { name: 'PNG', type: 'image/png' },
  jpeg: { name: 'JPEG', type: 'image/jpeg' },
  webp: { name: 'WebP', type: 'image/webp' },
  gif: { name: 'GIF', type: 'image/gif' },
  avif: { name: 'AVIF', type: 'image/avif' },
  tiff: { name: 'TIFF', type: 'image/tiff' },
  svg: { name: 'SVG', type: 'image/svg+xml' },
} as const;

export type ImageFormat = keyof typeof formats;
const imageFormats = [
  'png',
  'jpeg',
  'webp',
  'gif',
  'avif',
  'tiff',
  'svg',
] as const satisfies ImageFormat[];
export const queryFormats = ['png', 'jpeg', 'webp', 'gif', 'avif'] as const satisfies ImageFormat[];
/** Formats whose first bytes tell a size in pixels. */
export type RasterFormat = Exclude<ImageFormat, 'svg'>;
/** Formats that the Images service and browsers scale. */
export type QueryFormat = (typeof queryFormats)[number];

/** Tell the media type of a format. */
export const mediaTypeOf = (format: ImageFormat): string => formats[format].type;

/** Tell the format of an image from its first bytes; null where no door takes it. */
export function formatOf(bytes: Uint8Array): ImageFormat | null {
  const head = latin1(bytes, 64);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (/^GIF8[79]a/.test(head)) return 'gif';
  if (/^RIFF[^]{4}WEBP/.test(head)) return 'webp';
  if (/^(II\*\0|MM\0\*)/.test(head) && !/^.{8}CR/s.test(head)) return 'tiff';
  if (/avi[fs]/.test(brandsOf(head))) return 'avif';
  return isSvg(bytes) ? 'svg' : null;
}

/** Tell the format of an upload that is a query; null where it cannot be one. */
export function queryFormatOf(bytes: Uint8Array): QueryFormat | null {
  const format = formatOf(bytes);
  return queryFormats.find((one) => one === format) ?? null;
}

/**
 * Make the error for an image whose format a door does not take. It names the format, and says what
 * to do where that is known.
 */
export function unsupportedImage(
  bytes: Uint8Array,
  expected: readonly ImageFormat[] = imageFormats,
): DiptychError {
  const taken = expected.map((format) => formats[format]);
  const names = taken.map(({ name }) => name);
  const format = formatOf(bytes);
  const got = format
    ? `${formats[format].name}, which cannot be a query here: save it as PNG or JPEG`
    : nameOther(bytes);
  return new DiptychError(
    'unsupported_image',
    `image: expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, got ${got}`,
    { supported: taken.map(({ type }) => type) },
  );
}

/** Tell from its first bytes whether a file is SVG. Declarations and comments may come first. */
function isSvg(bytes: Uint8Array): boolean {
  if (!/^\s*</.test(new TextDecoder().decode(bytes.subarray(0, 64)))) return false;
  const head = new TextDecoder().decode(bytes.subarray(0, 65536));
  return /^\s*(<\?xml|<!--|<!doctype svg|<(\w+:)?svg)/i.test(head) && /<(\w+:)?svg[\s>]/.test(head);
}

const asJpeg = 'save it as JPEG first';

/** Files that are met in place of pictures: their first bytes, their name, and what to do. */
const others: readonly (readonly [RegExp, string])[] = [
  [/^\0\0\0\x0cJXL |^\xff\x0a/, `JPEG XL: ${asJpeg}`],
  [/^\0\0\0\x0cjP {2}|^\xff\x4f\xff\x51/, `JPEG 2000: ${asJpeg}`],
  [/^BM.{4}\0\0\0\0/s, `BMP: ${asJpeg}, or as PNG`],
  [/^\0\0[\x01\x02]\0[^\0]\0/, 'an icon (ICO): save it as PNG first'],
  [/^icns/, 'an icon (ICNS): save it as PNG first'],
  [/^8BPS/, `PSD of Photoshop: ${asJpeg}`],
  [/^(II\+\0|MM\0\+)/, `BigTIFF: ${asJpeg}`],
  [/^(II\*\0.{4}CR|FUJIFILMCCD-RAW|IIR[OS]|IIU\0)/s, `a camera's raw file: ${asJpeg}`],
  [/^P[1-7]\s/, `Netpbm: ${asJpeg}`],
  [/^\x76\x2f\x31\x01|^#\?RADIANCE/, `a picture of high dynamic range: ${asJpeg}`],
  [/^%PDF|^%!PS/, 'PDF or PostScript: save its pages as JPEG first'],
  [/^\x1f\x8b/, 'a gzip file: unpack it first'],
  [/^PK\x03\x04/, 'a ZIP file: unpack it first'],
  [/^RIFF.{4}(AVI |WAVE)|^\x1a\x45\xdf\xa3|^OggS|^ID3|^FLV/s, 'video or sound'],
  [/^version https:\/\/git-lfs/, 'a pointer of Git LFS: fetch the file with git lfs pull'],
  [/^\s*<(!doctype html|html|head|body)/i, 'an HTML page, perhaps of an error or a login'],
  [/^\s*<\?xml|^\s*<\w/, 'XML that is no SVG'],
  [/^\s*[{[]["\s{[\]}\d]/, 'JSON, perhaps of an error'],
  [/^\0+$/, 'zero bytes: the file was not fully written'],
  [/^[\t\n\r\x20-\x7e\x80-\xff]+$/, 'text'],
];

/** Name what is no picture, or one in a format that is not taken. */
function nameOther(bytes: Uint8Array): string {
  const head = latin1(bytes, 64);
  const brands = brandsOf(head);
  if (/hei[cxms]|hev[cxms]|mif1|msf1/.test(brands)) {
    return `HEIC, as iPhones write it: ${asJpeg} (or set Camera > Formats to "Most Compatible")`;
  }
  if (brands.startsWith('crx ')) return `a camera's raw file: ${asJpeg}`;
  if (brands !== '') return 'video or sound';
  return others.find(([start]) => start.test(head))?.[1] ?? 'an unknown format';
}

/** Read the brands of an ISO base media file (ISO/IEC 14496-12, 4.3); empty for another file. */
function brandsOf(head: string): string {
  return head.slice(4, 8) === 'ftyp' ? head.slice(8, Math.max(12, head.charCodeAt(3))) : '';
}

function latin1(bytes: Uint8Array, most: number): string {
  return String.fromCharCode(...bytes.subarray(0, most));
}
