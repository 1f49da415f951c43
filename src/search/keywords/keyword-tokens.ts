/** Scripts that are written without spaces between words. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const unspacedRun = new RegExp(`^[${unspaced}\\p{M}]`, 'u');
/** A run of letters, their marks and digits, all with or all without spaces between words. */
const word = new RegExp(
  `(?:[${unspaced}]\\p{M}*)+|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])+`,
  'gu',
);

/** Letters that NFKD does not take apart, although people type them as plain letters. */
const folded: Readonly<Record<string, string>> = {
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ı: 'i',
};

/**
 * Fold case, width and diacritics: "Fête" and "fete" become one.
 *
 * Only the combining marks of Latin, Greek and Cyrillic (U+0300-036F) are removed. In other scripts
 * the marks tell words apart.
 */
export function foldText(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[øłđðþßæœı]/g, (letter) => folded[letter] ?? letter);
}

/** Fold a text and put single spaces between its words: "Birthday-Cake" becomes "birthday cake". */
export function normaliseText(text: string): string {
  return foldText(text)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((part) => part !== '')
    .join(' ');
}

/** Tell whether a token comes from a script without spaces. Edit distance means little there. */
export function isUnspaced(token: string): boolean {
  return unspacedRun.test(token);
}

/**
 * Split text into the tokens that are indexed (`index`) or searched (`query`).
 *
 * A run of a script without spaces gives a token for the whole run and one for each bigram. In the
 * index, each Han character is a token, too, so that the query 犬 finds 子犬. In a query it is not, so
 * that the query 子犬 does not find every 犬.
 */
export function keywordTokens(text: string, purpose: 'index' | 'query'): string[] {
  const tokens = new Set<string>();
  for (const [run] of foldText(text).matchAll(word)) {
    tokens.add(run);
    if (!isUnspaced(run)) continue;
    const characters = [...run];
    for (let i = 0; i + 1 < characters.length; i++) tokens.add(characters[i]! + characters[i + 1]!);
    if (purpose === 'query') continue;
    for (const character of characters) {
      if (/\p{Script=Han}/u.test(character)) tokens.add(character);
    }
  }
  return [...tokens];
}
