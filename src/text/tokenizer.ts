import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DiptychError } from '../errors.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

/** Turns a caption or a query into token ids, in the same way in Node and at the edge. */
export interface Tokenizer {
  readonly vocabSize: number;
  readonly contextLength: number;
  encode(text: string): TokenIds;
}

export interface TokenIds {
  /**
   * At most `contextLength` ids without padding and special tokens; empty for a text with no word.
   */
  readonly ids: number[];
  /** Whether the text had more tokens than `contextLength`. */
  readonly truncated: boolean;
}

/** UTF-16 units that are read of a text. This limits the time that a huge text takes. */
const maxCharacters = 8192;

/**
 * Create the tokenizer that a `tokenizer.json` describes.
 *
 * @param tokenizerJson - the parsed file
 * @throws DiptychError `unreadable_model`
 */
export function createTokenizer(
  tokenizerJson: TokenizerJson,
  options: { readonly contextLength: number },
): Tokenizer {
  const { contextLength } = options;
  const tokenizer = open(tokenizerJson);
  const special = new Set(tokenizerJson.added_tokens.map((token) => token.id));
  return {
    vocabSize: Object.keys(tokenizerJson.model.vocab).length,
    contextLength,
    encode(text) {
      const read = text.length > maxCharacters ? text.slice(0, maxCharacters) : text;
      const { ids } = tokenizer.encode(read, { add_special_tokens: false });
      // A text may contain "<pad>". Padding inside a sentence would hide later words from the
      // model.
      const words = ids.filter((id) => !special.has(id));
      return {
        ids: words.slice(0, contextLength),
        truncated: words.length > contextLength || read.length < text.length,
      };
    },
  };
}

function open(tokenizerJson: TokenizerJson): HuggingFaceTokenizer {
  try {
    const { model, added_tokens: added } = tokenizerJson;
    if (!Array.isArray(added) || typeof model.vocab !== 'object') {
      throw new TypeError('expected "added_tokens" (list) and "model.vocab" (object)');
    }
    return new HuggingFaceTokenizer(tokenizerJson, {});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DiptychError('unreadable_model', `tokenizer.json: ${reason}`, {}, { cause });
  }
}
