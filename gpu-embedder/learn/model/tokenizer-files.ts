import type { TokenizerJson } from '../../../src/text/tokenizer-json.ts';
import { padToken, unknownToken } from './tokenizer-rules.ts';

/**
 * Write the files that Hugging Face libraries load a tokenizer from.
 *
 * @returns file name to content
 */
export function tokenizerFiles(
  tokenizer: TokenizerJson,
  options: { readonly contextLength: number },
): Readonly<Record<string, string>> {
  const special = { pad_token: padToken, unk_token: unknownToken };
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    ...special,
    padding_side: 'right',
    truncation_side: 'right',
    model_max_length: options.contextLength,
    clean_up_tokenization_spaces: false,
  };
  return {
    'tokenizer.json': JSON.stringify(tokenizer),
    'tokenizer_config.json': `${JSON.stringify(config, null, 2)}\n`,
    'special_tokens_map.json': `${JSON.stringify(special, null, 2)}\n`,
  };
}
