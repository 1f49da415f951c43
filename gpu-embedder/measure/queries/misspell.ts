import type { Random } from '../../common/random.ts';

/** Words that people mistype: four letters or more. */
const longWord = /[\p{L}\p{M}]{4,}/gu;
const latin = [...'abcdefghijklmnopqrstuvwxyz'];

/**
 * Put one typing error into a word of at least four letters: a letter is left out, swapped with
 * its neighbour, added or replaced, each equally likely, anywhere in the word. Training has its own
 * code for misspelling (`gpu-embedder/learn/train/batch/captions.ts`), so that this measure does not
 * change with a recipe.
 *
 * @returns a text that differs from `text`; null if no word is long enough
 */
export function misspell(text: string, random: Random): string | null {
  const words = [...text.matchAll(longWord)];
  if (words.length === 0) return null;
  const { 0: word, index } = random.pick(words);
  const typed = mistype([...word], random).join('');
  return text.slice(0, index) + typed + text.slice(index + word.length);
}

function mistype(letters: readonly string[], random: Random): readonly string[] {
  const alphabet = /\p{Script=Latin}/u.test(letters[0]) ? latin : letters;
  for (;;) {
    const at = random.integer(letters.length);
    const other = random.pick(alphabet);
    const [before, letter, after] = [letters.slice(0, at), letters[at], letters.slice(at + 1)];
    const typed = [
      [...before, ...after],
      [...before, ...after.slice(0, 1), letter, ...after.slice(1)],
      [...before, other, letter, ...after],
      [...before, other, ...after],
    ][random.integer(4)];
    // Swapping equal letters, or a letter with itself, changes nothing: draw again.
    if (typed.join() !== letters.join()) return typed;
  }
}
