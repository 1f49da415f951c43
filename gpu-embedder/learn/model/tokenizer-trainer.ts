import { Tokenizer } from '@huggingface/tokenizers';
import { DiptychError } from '../../../src/errors.ts';
import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import { PairHeap } from './pair-heap.ts';
import { byteAlphabet, specialTokens, tokenizerJson } from './tokenizer-rules.ts';

export type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
export { tokenizerFiles } from './tokenizer-files.ts';

export interface TrainingText {
  readonly text: string;
  /** How often it counts; 1 by default. */
  readonly weight?: number;
}

/** One number holds both ids of a pair, so vocabSize is at most 65,536. */
const pairBase = 65536;
/** A pair seen less often is not worth a token. */
const minPairCount = 2;

/**
 * Train a byte-level BPE tokenizer (Sennrich et al. 2016, arXiv:1508.07909, algorithm 1) with
 * incremental pair counts. The result depends on the texts and weights alone.
 *
 * @param options.vocabSize - includes special tokens and 256 bytes; the texts may yield fewer tokens
 */
export function trainTokenizer(
  texts: Iterable<TrainingText>,
  options: { readonly vocabSize: number },
): TokenizerJson {
  const { vocabSize } = options;
  const tokens = [...specialTokens, ...byteAlphabet];
  if (!Number.isInteger(vocabSize) || vocabSize < tokens.length || vocabSize > pairBase) {
    throw new DiptychError(
      'invalid_option',
      `vocabSize: expected an integer from ${tokens.length} to ${pairBase}, got ${vocabSize}`,
    );
  }
  const idOf = new Map(tokens.map((token, id) => [token, id]));
  const counts = countWords(texts);
  const words = [...counts.keys()].map((word) => Array.from(word, (byte) => idOf.get(byte)!));
  const pairs = new PairCounts(words, [...counts.values()]);
  const merges: [string, string][] = [];
  while (tokens.length < vocabSize) {
    const pair = pairs.best();
    if (pair === undefined) break;
    const left = Math.floor(pair / pairBase);
    const right = pair % pairBase;
    const merged = tokens[left] + tokens[right];
    merges.push([tokens[left], tokens[right]]);
    let id = idOf.get(merged);
    if (id === undefined) {
      id = tokens.push(merged) - 1;
      idOf.set(merged, id);
    }
    pairs.merge(left, right, id);
  }
  return tokenizerJson(tokens, merges);
}

/** Count the words of all texts. Words are spelled in the byte alphabet, as the tokenizer reads them. */
function countWords(texts: Iterable<TrainingText>): Map<string, number> {
  const { normalizer, pre_tokenizer: split } = new Tokenizer(tokenizerJson(specialTokens, []), {});
  const counts = new Map<string, number>();
  for (const { text, weight = 1 } of texts) {
    for (const word of split!.pre_tokenize(normalizer!.normalize(text))) {
      counts.set(word, (counts.get(word) ?? 0) + weight);
    }
  }
  return counts;
}

/** Weighted counts of neighbouring token pairs, kept up to date as pairs are merged. */
class PairCounts {
  readonly #counts = new Map<number, number>();
  readonly #wordsOf = new Map<number, Set<number>>();
  readonly #heap = new PairHeap();

  constructor(
    private readonly words: number[][],
    private readonly weights: readonly number[],
  ) {
    words.forEach((word, index) => this.#add(word, index, weights[index]));
    for (const [pair, count] of this.#counts) this.#heap.push(count, pair);
  }

  /** Find the most frequent pair (in a tie, the pair with the smaller ids), if it is frequent enough. */
  best(): number | undefined {
    for (let top = this.#heap.pop(); top !== undefined; top = this.#heap.pop()) {
      const count = this.#counts.get(top.pair) ?? 0;
      if (count === top.count) return count >= minPairCount ? top.pair : undefined;
      // A count may have fallen since the heap stored it. A count that rises is pushed at once.
      if (count > 0 && count < top.count) this.#heap.push(count, top.pair);
    }
    return undefined;
  }

  /** Replace the pair by `id` in every word. */
  merge(left: number, right: number, id: number): void {
    const pair = left * pairBase + right;
    const grown = new Set<number>();
    for (const index of this.#wordsOf.get(pair) ?? []) {
      const word = this.words[index];
      const shorter = replacePair(word, left, right, id);
      if (shorter.length === word.length) continue;
      this.words[index] = shorter;
      this.#add(word, index, -this.weights[index]);
      this.#add(shorter, index, this.weights[index]);
      for (let at = 0; at + 1 < shorter.length; at++) {
        if (shorter[at] === id || shorter[at + 1] === id) {
          grown.add(shorter[at] * pairBase + shorter[at + 1]);
        }
      }
    }
    this.#counts.delete(pair);
    this.#wordsOf.delete(pair);
    for (const key of grown) this.#heap.push(this.#counts.get(key) ?? 0, key);
  }

  #add(word: readonly number[], index: number, weight: number): void {
    for (let at = 0; at + 1 < word.length; at++) {
      const pair = word[at] * pairBase + word[at + 1];
      this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + weight);
      if (weight > 0) {
        const words = this.#wordsOf.get(pair);
        if (words === undefined) this.#wordsOf.set(pair, new Set([index]));
        else words.add(index);
      }
    }
  }
}

function replacePair(word: readonly number[], left: number, right: number, id: number): number[] {
  const result: number[] = [];
  for (let at = 0; at < word.length; at++) {
    const isPair = word[at] === left && word[at + 1] === right;
    result.push(isPair ? id : word[at]);
    if (isPair) at++;
  }
  return result;
}
