import type { Random } from '../../../common/random.ts';
import type { TokenizerJson } from '../../../../src/text/tokenizer-json.ts';

/** Take tokens apart at random. */
export type TokenSplitter = (ids: readonly number[], random: Random) => number[];

/** The probability that a merge is undone. */
const dropout = 0.1;

/**
 * Regularise subwords in the manner of BPE-dropout (arXiv:1910.13267). Each merge that made a token is
 * undone with a probability, beginning with the last one. So the tower also sees words in pieces, as
 * misspelt words will be.
 */
export function tokenSplitter({ model: { vocab, merges } }: TokenizerJson): TokenSplitter {
  const parts = new Map<number, readonly [number, number]>();
  for (const [left, right] of merges) {
    const merged = vocab[left + right];
    if (!parts.has(merged)) parts.set(merged, [vocab[left], vocab[right]]);
  }
  const split = (id: number, random: Random): number[] => {
    const pair = parts.get(id);
    if (!pair || random.uniform() >= dropout) return [id];
    return pair.flatMap((part) => split(part, random));
  };
  return (ids, random) => ids.flatMap((id) => split(id, random));
}
