import { Writable } from 'node:stream';

/**
 * What a terminal obeys instead of showing it: C0 and C1 controls (ESC among them) and DEL, line
 * separators of Unicode, and the characters that turn the direction of a text.
 */

const control = /[\0-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

const escaped = (character: string): string =>
  short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** Show a text of the data on one line: control characters are shown as escapes. */
export const oneLine = (text: string): string => text.replace(control, escaped);

/** Show the control characters of an output, but not its line ends. JSON stays the same JSON. */
const visible = (output: string): string =>
  output.replace(control, (character) =>
    character === '\n' || character === '\t' ? character : escaped(character),
  );

type Write = (text: string) => boolean;

/** Writes to stderr as it is. */
let writeRaw: Write = (text) => process.stderr.write(text);

/**
 * Keep control characters away from the terminal: captions, names of files and answers of servers
 * hold what strangers wrote. Whatever the process writes as text to stdout and stderr passes here.
 *
 * @returns a function that undoes this
 */
export function guardOutput(): () => void {
  const rawBefore = writeRaw;
  const undo = [process.stdout, process.stderr].map((stream) => {
    const before = stream.write;
    const write: typeof before = before.bind(stream);
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | Done,
      done?: Done,
    ): boolean => {
      const shown = typeof chunk === 'string' ? visible(chunk) : chunk;
      return typeof encoding === 'function' ? write(shown, encoding) : write(shown, encoding, done);
    };
    if (stream === process.stderr) writeRaw = (text) => write(text);
    return () => void (stream.write = before);
  });
  return () => {
    for (const restore of undo) restore();
    writeRaw = rawBefore;
  };
}

type Done = (error?: Error | null) => void;

/** Stderr for a progress bar, which moves the cursor. What it writes must be visible already. */
export function cursorOutput(): Writable & { readonly isTTY: boolean } {
  const output = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      writeRaw(text);
      done();
    },
  });
  return Object.assign(output, { isTTY: process.stderr.isTTY });
}
