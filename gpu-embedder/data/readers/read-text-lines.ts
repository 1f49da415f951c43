import { isUtf8 } from 'node:buffer';
import { closeSync, openSync, readSync } from 'node:fs';
import { DiptychError } from '../../../src/errors.ts';
import { looksLike, markedEncoding, notUtf8 } from '../../../src/text/decode-text.ts';
import { utf16WithoutMark } from '../../../src/text/guess-encoding.ts';
import { readChunks, wholeLines } from './read-file-lines.ts';

/** A line of a file that a user gives. */
export interface TextLine {
  /** From 1. */
  readonly number: number;
  /** Without its line end. */
  readonly text: string;
  /** Why the bytes of the line are no text; `text` then has U+FFFD in their place. */
  readonly problem?: string;
}

/** Ends the description of bytes that are no text: what a user can do. */
export const nameEncoding = ': name it with --encoding';

/**
 * Read the lines of a text file that a user gives, one by one. A byte order mark decides its
 * encoding; without one, it is the encoding that the user names, or UTF-8. Lines end as the first one
 * does: by LF, CR LF, or CR alone.
 *
 * @throws DiptychError unreadable_source - the file is UTF-16 and nothing says so
 */
export function* readTextLines(path: string, encoding = 'utf-8'): Generator<TextLine> {
  const beginning = readBeginning(path);
  const name = markedEncoding(beginning) ?? encoding;
  const isOther = name !== 'utf-8';
  const unmarked = isOther ? undefined : utf16WithoutMark(beginning);
  if (unmarked !== undefined) {
    const message = `${path}: ${looksLike(unmarked)}${nameEncoding}`;
    throw new DiptychError('unreadable_source', message);
  }
  const lineEnd = lineEndOf(new TextDecoder(name).decode(beginning));
  const chunks = isOther ? transcode(readChunks(path), name) : readChunks(path);
  let number = 0;
  for (const lines of wholeLines(chunks, lineEnd)) {
    for (const line of cut(lines, lineEnd)) {
      number += 1;
      let text = line.toString('utf8');
      if (number === 1) text = text.replace(/^\ufeff/, '');
      if (text.endsWith('\r')) text = text.slice(0, -1);
      if (!isUtf8(line)) yield { number, text, problem: notUtf8(line) + nameEncoding };
      else if (isOther && text.includes('\ufffd')) {
        yield { number, text, problem: `its bytes are not ${name}` };
      } else yield { number, text };
    }
  }
}

/** Bytes at the beginning of a file that show its encoding and its line ends. */
const beginningBytes = 1 << 16;

function readBeginning(path: string): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(beginningBytes);
    return bytes.subarray(0, readSync(file, bytes, 0, beginningBytes, 0));
  } finally {
    closeSync(file);
  }
}

const lineEndOf = (text: string): '\r' | '\n' =>
  /\r(?!\n)|\n/.exec(text)?.[0] === '\r' ? '\r' : '\n';

function* transcode(chunks: Iterable<Buffer>, encoding: string): Generator<Buffer> {
  const decoder = new TextDecoder(encoding);
  for (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}

function* cut(lines: Buffer, lineEnd: string): Generator<Buffer> {
  let start = 0;
  for (let end = lines.indexOf(lineEnd); end >= 0; end = lines.indexOf(lineEnd, start)) {
    yield lines.subarray(start, end);
    start = end + 1;
  }
  yield lines.subarray(start);
}
