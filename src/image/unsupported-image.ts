import { DiptychError } from '../errors.ts';
import {
  brandsOf,
  formatOf,
  headOf,
  imageFormats,
  mediaTypeOf,
  type ImageFormat,
} from './image-format.ts';

/**
 * Make the error for a file that is no image which a door takes. It names the format, and says what
 * to do where that is known.
 */
export function unsupportedImage(
  bytes: Uint8Array,
  expected: readonly ImageFormat[] = imageFormats,
): DiptychError {
  if (bytes.length === 0) {
    return new DiptychError('unreadable_image', 'image: expected bytes, got none');
  }
  const names = expected.map((format) => formatNames[format]);
  const format = formatOf(bytes);
  const got = format
    ? `${formatNames[format]}, which cannot be a query here: save it as PNG or JPEG`
    : nameOther(bytes);
  return new DiptychError(
    'unsupported_image',
    `image: expected ${names.slice(0, -1).join(', ')} or ${names.at(-1)}, got ${got}`,
    { supported: expected.map(mediaTypeOf) },
  );
}

const formatNames: Readonly<Record<ImageFormat, string>> = {
  png: 'PNG',
  jpeg: 'JPEG',
  webp: 'WebP',
  gif: 'GIF',
  avif: 'AVIF',
  tiff: 'TIFF',
  svg: 'SVG',
};

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
  const head = headOf(bytes);
  const brands = brandsOf(head);
  if (/hei[cxms]|hev[cxms]|mif1|msf1/.test(brands)) {
    return `HEIC, as iPhones write it: ${asJpeg} (or set Camera > Formats to "Most Compatible")`;
  }
  if (brands.startsWith('crx ')) return `a camera's raw file: ${asJpeg}`;
  if (brands !== '') return 'video or sound';
  return others.find(([start]) => start.test(head))?.[1] ?? 'an unknown format';
}
