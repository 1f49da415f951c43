import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/text/decode-text.ts';

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Buffer.concat(parts.map((part) => Buffer.from(typeof part === 'string' ? part : [part])));

describe('the text of a file', () => {
  it('is UTF-8, UTF-16 by its mark, or what the user names', () => {
    const text = 'café 猫\n🎂 \ufffd';
    expect(decodeText(bytes(text))).toEqual({ text });
    expect(decodeText(bytes('\ufeff', text))).toEqual({ text });
    const little = Buffer.from(`\ufeff${text}`, 'utf16le');
    expect(decodeText(little)).toEqual({ text });
    expect(decodeText(Buffer.from(little).swap16(), 'windows-1252')).toEqual({ text });
    expect(decodeText(bytes('caf', 0xe9), 'windows-1252')).toEqual({ text: 'café' });
    expect(decodeText(bytes())).toEqual({ text: '' });
  });

  it('is never replaced: the first wrong byte is named, with a guess', () => {
    expect(decodeText(bytes('\ufffd é\n\n caf', 0xe9, ' d', 0xe9, 'j'))).toEqual({
      problem: 'line 3: byte 0xe9 is not UTF-8; it looks like windows-1252',
    });
    const japanese = bytes('a.png,', 0x93, 0xfa, 0x96, 0x7b, 0x8c, 0xea);
    expect(decodeText(japanese)).toEqual({
      problem: expect.stringMatching(/byte 0x93 is not UTF-8; it looks like shift_jis or/),
    });
    expect(decodeText(bytes('a', 0x81), 'shift_jis')).toEqual({
      problem: 'its bytes are not shift_jis',
    });
  });

  it.each(['utf-16le', 'utf-16be'])('names %s without a mark', (encoding) => {
    const text = Buffer.from('a red dot, 赤\n', 'utf16le');
    const written = encoding === 'utf-16le' ? text : text.swap16();
    expect(decodeText(written)).toEqual({
      problem: `it looks like ${encoding} without a byte order mark`,
    });
    expect(decodeText(written, encoding)).toEqual({ text: 'a red dot, 赤\n' });
  });
});
