import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';
import type { ModelDescription } from './model-description.ts';
import type { ModelFiles } from './model-files.ts';

/** Token ids of one text, special tokens included, at most `contextLength`. */
export type TokeniseText = (text: string) => readonly number[];

/** Token ids of several texts, as input of the text tower. */
export interface TokenBatch {
  /** [batch, sequence], padded on the right. */
  readonly inputIds: BigInt64Array;
  /** [batch, sequence], 1 for a token and 0 for padding. */
  readonly attentionMask: BigInt64Array;
  readonly sequence: number;
}

/**
 * Create the tokenizer of a model folder.
 *
 * @throws DiptychError `unreadable_model`
 */
export function createTextTokeniser(
  files: ModelFiles,
  { contextLength }: Pick<ModelDescription, 'contextLength'>,
): TokeniseText {
  // `readModelFiles` has checked the schema of tokenizer.json.
  const json = files.tokenizer as unknown as TokenizerJson;
  const { encode, start, end } = createTokenizer(json, { contextLength });
  const empty = [...start, ...end];
  return (text) => {
    const { ids } = encode(text);
    return ids.length > 0 ? ids : empty;
  };
}

/**
 * Put texts of different lengths into one padded batch.
 *
 * @param padId - token that fills the rest of a row
 * @param sequence - number of tokens in a row; that of the longest text by default
 */
export function padTokens(
  texts: readonly (readonly number[])[],
  padId: number,
  sequence = texts.reduce((longest, ids) => Math.max(longest, ids.length), 1),
): TokenBatch {
  const inputIds = new BigInt64Array(texts.length * sequence).fill(BigInt(padId));
  const attentionMask = new BigInt64Array(texts.length * sequence);
  for (const [row, ids] of texts.entries()) {
    for (let i = 0; i < ids.length; i++) {
      inputIds[row * sequence + i] = BigInt(ids[i]);
      attentionMask[row * sequence + i] = 1n;
    }
  }
  return { inputIds, attentionMask, sequence };
}

/** Find the id of the padding token; 0 if the tokenizer names none. */
export function padTokenId(files: ModelFiles): number {
  const configured = files.tokenizerConfig.pad_token;
  const content =
    typeof configured === 'object' && configured !== null && 'content' in configured
      ? configured.content
      : configured;
  if (typeof content !== 'string') return 0;
  const { added_tokens: added, model } = files.tokenizer as Partial<TokenizerJson>;
  return added?.find((token) => token.content === content)?.id ?? model?.vocab?.[content] ?? 0;
}
