import type { AddedToken, TokenizerJson } from '../../../src/text/tokenizer-json.ts';

export const padToken = '<pad>';
export const unknownToken = '<unk>';

/** Special tokens by id. The text tower takes a masked mean, so no token marks the begin or the end. */
export const specialTokens: readonly string[] = [padToken, unknownToken];

/**
 * Clean a text: fold compatibility forms and case, and drop invisible joiners and variation selectors,
 * so that an emoji is the same with and without U+FE0F.
 */
const normalizer = {
  type: 'Sequence',
  normalizers: [
    { type: 'NFKC' },
    { type: 'Lowercase' },
    {
      type: 'Replace',
      pattern: { Regex: '[\\x{00AD}\\x{200B}-\\x{200F}\\x{2060}\\x{FE0E}\\x{FE0F}]' },
      content: '',
    },
  ],
};

/**
 * Split a text into words and symbols. A word is a run of letters and their marks, or of digits. Each
 * symbol (emoji, arrow, currency) is a piece of its own, and so is punctuation that icons show. All
 * other characters only separate, so "shopping-cart", "shopping_cart" and "Shopping cart" are the same.
 * Every piece gets a space in front, so that a word is one token at the start and inside of a text.
 */
const preTokenizer = {
  type: 'Sequence',
  pretokenizers: [
    {
      type: 'Split',
      pattern: { Regex: '[\\p{L}\\p{M}]+|\\p{N}+|\\p{S}|\\p{Cn}|[?!#*&@%]' },
      behavior: 'Removed',
      invert: true,
    },
    { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: false },
  ],
};

/** The 256 letters of GPT-2's byte alphabet, by byte: printable Latin-1 stays, others begin at U+0100. */
export const byteAlphabet: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
    return String.fromCharCode(printable ? byte : next++);
  });
})();

/**
 * Write a `tokenizer.json` with our rules.
 *
 * @param tokens - by id, special tokens first
 * @param merges - by rank
 */
export function tokenizerJson(
  tokens: readonly string[],
  merges: readonly (readonly [string, string])[],
): TokenizerJson {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map(addedToken),
    normalizer,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknownToken,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}

function addedToken(content: string, id: number): AddedToken {
  return {
    id,
    content,
    special: true,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
  };
}
