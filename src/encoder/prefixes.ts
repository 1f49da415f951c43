import { addScratch } from './encoder-memory.ts';
import type { EncoderMemory } from './encoder-memory.ts';
import { keptLength } from './transformer.ts';
import type { KeptKeys } from './transformer.ts';
import type { TextTowerHeader } from '../version/weights-format.ts';

/** Keys and values of the last texts, for texts that begin with the same tokens. */
export interface Prefixes {
  /**
   * Choose where the keys and values of a text go, and count the tokens whose are there already. At
   * least the last token is not among them: its row is to be computed.
   */
  take(ids: readonly number[]): { readonly known: number; readonly kept: KeptKeys };
}

/** Texts that are kept besides the last long one: what is typed, and templates of labels. */
const shortTexts = 3;
/** Tokens of a text that is kept so; most queries and labels have fewer than 12. */
const shortLength = 24;

/**
 * Keep prefixes of a causal tower: there the keys and values of a token depend on those before it
 * alone. Other towers keep nothing from one text to the next.
 *
 * The memory is bounded: one text of the whole context and `shortTexts` short ones, 2 * width numbers
 * a layer and token (6 MB for the text tower of CLIP ViT-B/32).
 */
export function createPrefixes(memory: EncoderMemory, header: TextTowerHeader): Prefixes {
  const { causal, contextLength, pooling, start } = header;
  const makeSlot = (positions: number): Slot => {
    const { room } = addScratch(memory, { room: keptLength(header, { positions, causal }) });
    return { kept: { room, positions }, ids: [], used: 0 };
  };
  const long = makeSlot(contextLength);
  // The mean needs the rows of all tokens, known or not.
  if (!causal || pooling === 'mean') return { take: () => ({ known: 0, kept: long.kept }) };
  const short = Math.min(shortLength, contextLength);
  const slots = [long, ...Array.from({ length: shortTexts }, () => makeSlot(short))];
  // Every text begins with the start token: that alone is no reason to overwrite a text.
  const common = start === null ? 0 : 1;
  let clock = 0;
  return {
    take(ids) {
      const fitting = slots.filter(({ kept }) => kept.positions >= ids.length);
      const best = fitting.reduce((a, b) => (shared(b.ids, ids) > shared(a.ids, ids) ? b : a));
      const oldest = fitting.reduce((a, b) => (b.used < a.used ? b : a));
      const slot = shared(best.ids, ids) > common ? best : oldest;
      const known = Math.min(shared(slot.ids, ids), ids.length - 1);
      slot.ids = ids;
      slot.used = ++clock;
      return { known, kept: slot.kept };
    },
  };
}

interface Slot {
  readonly kept: KeptKeys;
  ids: readonly number[];
  used: number;
}

/** Count the tokens with which both begin. */
function shared(a: readonly number[], b: readonly number[]): number {
  const length = Math.min(a.length, b.length);
  let count = 0;
  while (count < length && a[count] === b[count]) count++;
  return count;
}
