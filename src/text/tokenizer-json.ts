/**
 * The fields of Hugging Face's `tokenizer.json` that Diptych uses. Other fields are kept as they
 * are.
 */
export interface TokenizerJson {
  readonly version: string;
  readonly added_tokens: readonly AddedToken[];
  readonly normalizer: unknown;
  readonly pre_tokenizer: unknown;
  readonly post_processor: unknown;
  readonly decoder: unknown;
  readonly model: {
    readonly type: string;
    /**
     * The id of each token. Bytes are written in GPT-2's byte alphabet, where a space is `Ġ`. (A
     * Unigram model has a list of tokens with scores instead, which only the library reads.)
     */
    readonly vocab: Readonly<Record<string, number>>;
    readonly merges: readonly (readonly [string, string])[];
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  readonly normalized: boolean;
}
