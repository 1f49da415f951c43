import type { TokenizerJson } from '../../../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../../../src/text/tokenizer.ts';
import { describeModel } from '../../../common/model-folder/model-description.ts';
import { readModelFiles } from '../../../common/model-folder/model-files.ts';
import { createTextTokeniser, padTokenId } from '../../../common/model-folder/tokenise-texts.ts';
import type { TokenSplitter } from './split-tokens.ts';
import { tokenSplitter } from './split-tokens.ts';

/** Where the tokens of captions come from. It is plain data, so that it can be sent to threads. */
export type TextInputSpec =
  | {
      readonly kind: 'scratch';
      readonly tokenizer: TokenizerJson;
      readonly contextLength: number;
    }
  | {
      readonly kind: 'model';
      readonly dir: string;
      /** Tokens of a row of a batch; at most the context of the model. */
      readonly sequence: number;
    };

/** Captions as rows of token ids. */
export interface TextInput {
  readonly sequence: number;
  readonly padId: number;
  /** At most `sequence` ids, without padding. */
  tokenise(text: string): readonly number[];
  /** Splits tokens as augmentation, if the tokenizer supports it. */
  readonly split?: TokenSplitter;
}

/** Open the tokenizer of a run. */
export async function openTextInput(spec: TextInputSpec): Promise<TextInput> {
  if (spec.kind === 'scratch') {
    const { contextLength } = spec;
    const tokenizer = createTokenizer(spec.tokenizer, { contextLength });
    return {
      sequence: contextLength,
      padId: 0,
      tokenise: (text) => tokenizer.encode(text).ids,
      split: tokenSplitter(spec.tokenizer),
    };
  }
  const files = await readModelFiles(spec.dir);
  const model = describeModel(files);
  const { sequence } = spec;
  return {
    sequence,
    padId: model.family === 'diptych' ? 0 : padTokenId(files),
    tokenise: createTextTokeniser(files, { ...model, contextLength: sequence }),
  };
}
