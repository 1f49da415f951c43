/** Numbers keys in order of arrival without storing them: about 20 bytes a key. */
export interface KeyTable {
  readonly size: number;
  /**
   * Return the number of a key; a new key gets the next number.
   *
   * @param isKey - compares this key with that of a number; called when their hashes are equal
   */
  numberOf(key: string, isKey: (number: number) => boolean): { number: number; isNew: boolean };
}

/** A hash table with linear probing. */
export function keyTable(): KeyTable {
  const hashes: number[] = [];
  /** Number + 1, or 0 for a free slot; at most half of the slots are taken. */
  let slots = new Int32Array(1024);

  function grow(): void {
    slots = new Int32Array(2 * slots.length);
    for (const [number, hash] of hashes.entries()) {
      let slot = hash & (slots.length - 1);
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = number + 1;
    }
  }

  return {
    get size() {
      return hashes.length;
    },
    numberOf(key, isKey) {
      const hash = fnv1a(key);
      let slot = hash & (slots.length - 1);
      for (; slots[slot] !== 0; slot = (slot + 1) & (slots.length - 1)) {
        const number = slots[slot] - 1;
        if (hashes[number] === hash && isKey(number)) return { number, isNew: false };
      }
      slots[slot] = hashes.push(hash);
      if (2 * hashes.length > slots.length) grow();
      return { number: hashes.length - 1, isNew: true };
    },
  };
}

/** FNV-1a (Fowler, Noll and Vo), 32 bits, of UTF-16 code units. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
