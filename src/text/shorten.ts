/**
 * Shorten a text that a message quotes: it came from outside and may be long.
 *
 * @param characters - UTF-16 units that are kept; no character is cut in half
 */
export function shorten(text: string, characters = 80): string {
  if (text.length <= characters) return text;
  return `${text.slice(0, characters).replace(/[\ud800-\udbff]$/, '')}…`;
}
