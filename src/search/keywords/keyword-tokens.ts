/** Scripts written without spaces between words. */
const unspaced =
  '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}ー\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}';
const unspacedRun = new RegExp(`^[${unspaced}\\p{M}]`, 'u');
/** A run of one kind of script; letters, their marks and digits. */
const word = new RegExp(
  `(?:[${unspaced}]\\p{M}*)+|(?:(?![${unspaced}])[\\p{L}\\p{N}\\p{M}])+`,
  'gu',
);

/** Letters that stay whole under NFKD, though people type them without the stroke. */
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
 * Only the combining marks of Latin, Greek and Cyrillic (U+0300-036F) go: those of other scripts
 * tell words apart.
 */
export function foldText(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .replace(/[øłđðþßæœı]/g, (letter) => folded[letter] ?? letter);
}

/** "Birthday  Cake" and "birthday-cake" as one string, words with single spaces between. */
export function normaliseText(text: string): string {
  return foldText(text)
    .split(/[^\p{L}\p{N}\p{M}]+/u)
    .filter((part) => part !== '')
    .join(' ');
}

/** Whether a token comes from a script without spaces, where edit distance means little. */
export function isUnspaced(token: string): boolean {
  return unspacedRun.test(token);
}

/**
 * Split text into the tokens that are indexed (`index`) or searched (`query`).
 *
 * A run of a script without spaces gives itself and its bigrams; what is indexed gives its single
 * Han characters too, so that 犬 finds 子犬 without making every query of 子犬 find 犬.
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
