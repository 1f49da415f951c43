/**
 * Reduce a name to its letters and digits, for joining equal names: "Shopping-Cart" and
 * "shopping cart" are one. Names are joined whole, never by a part ("guitar pick" is no guitar).
 */
export function squash(name: string): string {
  return name
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll('&', 'and')
    .replace(/[^a-z0-9]+/g, '');
}
