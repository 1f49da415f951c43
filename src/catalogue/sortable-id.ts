/** Crockford's base 32: its characters sort in the order of their values. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Make a ULID: 10 characters of time, then 16 random ones. A later id sorts after an earlier one.
 *
 * @param time - ms since 1970
 */
export function sortableId(time: number): string {
  let head = '';
  for (let rest = time, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) {
    head = alphabet[rest % 32] + head;
  }
  const random = crypto.getRandomValues(new Uint8Array(16));
  return head + Array.from(random, (byte) => alphabet[byte % 32]).join('');
}
