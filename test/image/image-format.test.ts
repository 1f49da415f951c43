import { describe, expect, it } from 'vitest';
import { describeImage } from '../../src/image/describe-image.ts';
import { formatOf } from '../../src/image/image-format.ts';

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const media = (...brands: readonly string[]) =>
  latin1(
    `\0\0\0${String.fromCharCode(8 + 4 * (brands.length + 1))}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`,
  );

describe('a file in place of a picture', () => {
  it.each([
    ['HEIC', media('heic', 'mif1', 'heic'), /HEIC.* save it as JPEG/],
    ['a burst of HEIC', media('hevc', 'msf1'), /HEIC/],
    ['HEIF of another program', media('mif1', 'heix'), /HEIC/],
    ['a raw file of today', media('crx ', 'isom'), /raw file/],
    ['a raw file', latin1('II*\0\x10\0\0\0CR\x02\0'), /raw file/],
    ['MP4', media('isom', 'avc1', 'mp41'), /video or sound/],
    ['QuickTime', media('qt  '), /video or sound/],
    ['WebM', latin1('\x1a\x45\xdf\xa3\x01'), /video or sound/],
    ['AVI', latin1('RIFF\0\0\0\0AVI LIST'), /video or sound/],
    ['JPEG XL', latin1('\xff\x0a\xfa\x1f'), /JPEG XL: save it as JPEG/],
    ['JPEG XL in boxes', latin1('\0\0\0\x0cJXL \r\n\x87\n'), /JPEG XL/],
    ['JPEG 2000', latin1('\0\0\0\x0cjP  \r\n\x87\n'), /JPEG 2000/],
    ['BMP', latin1('BM\x36\x01\0\0\0\0\0\0\x36'), /BMP: save it/],
    ['an icon', latin1('\0\0\x01\0\x01\0\x10\x10'), /ICO/],
    ['Photoshop', latin1('8BPS\0\x01'), /PSD/],
    ['PDF', latin1('%PDF-1.7'), /PDF/],
    ['ZIP', latin1('PK\x03\x04\x14\0'), /ZIP/],
    ['gzip', latin1('\x1f\x8b\x08\0'), /gzip/],
    ['an HTML page', latin1('\n<!DOCTYPE html><html>'), /HTML page/],
    ['an error in JSON', latin1('{"error": "no such file"}'), /JSON/],
    ['another XML', latin1('<?xml version="1.0"?><rss/>'), /XML that is no SVG/],
    [
      'a pointer of Git LFS',
      latin1('version https://git-lfs.github.com/spec/v1\n'),
      /git lfs pull/,
    ],
    ['text', latin1('hello, world'), /got text/],
    ['zeros', new Uint8Array(20), /zero bytes/],
    ['noise', latin1('\x03\x9f\0\x12\x80'), /unknown format/],
  ])('%s is named', (_name, bytes, message) => {
    expect(formatOf(bytes)).toBeNull();
    expect(() => describeImage(bytes)).toThrowError(
      expect.objectContaining({
        code: 'unsupported_image',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('may have no bytes at all', () => {
    expect(() => describeImage(new Uint8Array())).toThrow('expected bytes, got none');
  });
});

describe('a picture', () => {
  it.each([
    ['avif', media('avif', 'mif1', 'miaf')],
    ['avif', media('mif1', 'miaf', 'avif')],
    ['avif', media('avis', 'avif')],
    ['tiff', latin1('MM\0*\0\0\0\x08')],
    ['svg', latin1('<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg width="9"/>')],
    ['svg', latin1('\xef\xbb\xbf<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>')],
  ])('is known as %s by its first bytes', (format, bytes) => {
    expect(formatOf(bytes)).toBe(format);
  });
});
