/**
 * Find the place after the quote that ends a string of JSON: the first one after an even number of
 * backslashes.
 *
 * @param start - the place after the quote that begins the string
 * @returns the length of the text, if the string does not end
 */
export function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}
