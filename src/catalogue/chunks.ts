/** How many rows or values one statement takes, where they are short. */
export const rowsAtOnce = 1000;

/** Cut a list into parts of at most this length, in order. */
export function chunks<T>(all: readonly T[], size = rowsAtOnce): readonly (readonly T[])[] {
  const parts: (readonly T[])[] = [];
  for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
  return parts;
}
