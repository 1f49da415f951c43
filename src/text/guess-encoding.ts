/** Encodings of two bytes a character that are still met in files, the most frequent ones first. */
const multibyte = ['shift_jis', 'gb18030', 'euc-kr', 'big5'];

/**
 * Guess the encoding of a line that is not UTF-8. In western languages a letter with an accent
 * mostly stands alone among letters of ASCII. Elsewhere several encodings may fit: all are named.
 */
export function guessEncoding(line: Uint8Array): string {
  const beyond = (i: number): boolean => (line[i] ?? 0) >= 0x80;
  let alone = 0;
  let inRuns = 0;
  for (let i = 0; i < line.length; i++) {
    if (!beyond(i)) continue;
    if (beyond(i - 1) || beyond(i + 1)) inRuns += 1;
    else alone += 1;
  }
  if (alone >= inRuns) return 'windows-1252';
  const fitting = multibyte.filter((name) => {
    try {
      return new TextDecoder(name, { fatal: true }).decode(line) !== '';
    } catch {
      return false;
    }
  });
  return [...fitting, 'windows-1251'].join(' or ');
}

/** How many bytes at the beginning of a text are looked at. */
const looked = 1024;

/**
 * Find out whether a text is UTF-16 without a byte order mark: then every second byte of most
 * letters, digits and spaces is zero. UTF-8 hardly ever holds a zero.
 */
export function utf16WithoutMark(bytes: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  const beginning = bytes.subarray(0, looked);
  const zeros = [0, 0];
  beginning.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2]! += 1;
  });
  const [even = 0, odd = 0] = zeros;
  // A quarter of the characters: captions may be Chinese with a few separators between them.
  const many = Math.max(2, beginning.length / 8);
  if (odd >= many && even === 0) return 'utf-16le';
  if (even >= many && odd === 0) return 'utf-16be';
  return undefined;
}
