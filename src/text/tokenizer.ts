import { Tokenizer as HuggingFaceTokenizer } from '@huggingface/tokenizers';
import { DiptychError } from '../errors.ts';
import type { TokenizerJson } from './tokenizer-json.ts';

/** Turns a caption or a query into token ids, in the same way in Node and at the edge. */
export interface Tokenizer {
  readonly vocabSize: number;
  readonly contextLength: number;
  /** Ids that stand before and after those of a text; empty for a model that has none. */
  readonly start: readonly number[];
  readonly end: readonly number[];
  encode(text: string): TokenIds;
}

export interface TokenIds {
  /**
   * At most `contextLength` ids with those of start and end, which truncation keeps; without padding.
   * Empty for a text with no word.
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
  const special = specialIds(tokenizerJson);
  const { start, end } = idsAround(tokenizer);
  const most = contextLength - start.length - end.length;
  return {
    vocabSize: Object.keys(tokenizerJson.model.vocab).length,
    contextLength,
    start,
    end,
    encode(text) {
      const read = text.length > maxCharacters ? text.slice(0, maxCharacters) : text;
      const { ids } = tokenizer.encode(read, { add_special_tokens: false });
      const words = ids.filter((id) => !special.has(id));
      return {
        ids: words.length > 0 ? [...start, ...words.slice(0, most), ...end] : [],
        truncated: words.length > most || read.length < text.length,
      };
    },
  };
}

/**
 * A text may contain "<pad>". Padding inside a sentence would hide later words from the model, and
 * an end token would end it. A Unigram model has a token for what it does not know, which stays.
 */
function specialIds({ added_tokens: added, model }: TokenizerJson): ReadonlySet<number> {
  return new Set(added.map(({ id }) => id).filter((id) => id !== model.unk_id));
}

/** What the post-processor puts around a text. */
function idsAround(tokenizer: HuggingFaceTokenizer): Pick<Tokenizer, 'start' | 'end'> {
  const { ids: words } = tokenizer.encode('a', { add_special_tokens: false });
  const { ids } = tokenizer.encode('a');
  const first = words[0] === undefined ? ids.length : ids.indexOf(words[0]);
  return { start: ids.slice(0, first), end: ids.slice(first + words.length) };
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
