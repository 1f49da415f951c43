import { guessEncoding, utf16WithoutMark } from './guess-encoding.ts';

/** A text, or why bytes are no text of their encoding. */
export type DecodedText = { readonly text: string } | { readonly problem: string };

const lineFeed = 0x0a;

/**
 * Decode the text of a file. A byte order mark decides; without one, the text has the encoding that
 * the user names, or is UTF-8. Nothing is replaced: a text with a wrong byte is a problem, which
 * names the first one with its line, and guesses the encoding.
 *
 * @param encoding - a name that TextDecoder knows
 */
export function decodeText(bytes: Uint8Array, encoding = 'utf-8'): DecodedText {
  const name = markedEncoding(bytes) ?? encoding;
  const unmarked = name === 'utf-8' ? utf16WithoutMark(bytes) : undefined;
  if (unmarked !== undefined) return { problem: looksLike(unmarked) };
  try {
    return { text: new TextDecoder(name, { fatal: true }).decode(bytes) };
  } catch {
    if (name !== 'utf-8') return { problem: `its bytes are not ${name}` };
    return { problem: wrongByte(bytes, firstWrongByte(bytes)) };
  }
}

/** The encoding that a byte order mark names, at the beginning of a text. */
export function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  return undefined;
}

/** Say that a text is UTF-16 without the mark by which this is known. */
export const looksLike = (encoding: string): string =>
  `it looks like ${encoding} without a byte order mark`;

/** Describe a byte that is not UTF-8: "line 3: byte 0xe9 is not UTF-8; it looks like windows-1252". */
function wrongByte(bytes: Uint8Array, at: number): string {
  let line = 1;
  for (let i = 0; i < at; i++) if (bytes[i] === lineFeed) line += 1;
  const start = bytes.lastIndexOf(lineFeed, at) + 1;
  const end = bytes.indexOf(lineFeed, at);
  const inLine = bytes.subarray(start, end < 0 ? undefined : end);
  return `line ${line}: ${notUtf8(inLine)}`;
}

/** Describe a line that is not UTF-8. */
export function notUtf8(line: Uint8Array): string {
  const byte = line[firstWrongByte(line)]?.toString(16).padStart(2, '0');
  return `byte 0x${byte} is not UTF-8; it looks like ${guessEncoding(line)}`;
}

/** Find the first byte that is not UTF-8, in bytes that have one. */
function firstWrongByte(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const encoder = new TextEncoder();
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\ufffd'); at >= 0; at = text.indexOf('\ufffd', from)) {
    offset += encoder.encode(text.slice(from, at)).length;
    // The text may hold a replacement character of its own: EF BF BD.
    const isOwn =
      bytes[offset] === 0xef && bytes[offset + 1] === 0xbf && bytes[offset + 2] === 0xbd;
    if (!isOwn) return offset;
    offset += 3;
    from = at + 1;
  }
  return offset;
}
