/**
 * Reduce a name to its letters and digits, so that "Shopping-Cart" and "shopping cart" are equal.
 * Only whole names are joined, never parts: a "guitar pick" is not a guitar.
 */
export function squash(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll('&', 'and')
    .replace(/[^a-z0-9]+/g, '');
}
