import type { TextInput } from './text-input.ts';

/** Lay out token ids as [rows, sequence], with a mask that is 1 for tokens and 0 for padding. */
export function tokenRows(
  texts: readonly (readonly number[])[],
  { sequence, padId }: Pick<TextInput, 'sequence' | 'padId'>,
) {
  const ids = new Int32Array(texts.length * sequence).fill(padId);
  const mask = new Int32Array(ids.length);
  texts.forEach((tokens, i) => {
    // A caption without tokens still needs one that is not padding.
    const row = tokens.length > 0 ? tokens.slice(0, sequence) : [1];
    ids.set(row, i * sequence);
    mask.fill(1, i * sequence, i * sequence + row.length);
  });
  return { ids, mask };
}
