import { describe, expect, it } from 'vitest';
import { createTokenizer } from '../../src/text/tokenizer.ts';
import type { TokenizerJson } from '../../src/text/tokenizer-json.ts';

const special = (id: number, content: string): object => ({
  ...{ id, content, special: true, normalized: false },
  ...{ single_word: false, lstrip: false, rstrip: false },
});

/** The rules of CLIP's tokenizer.json with a few words. */
function clipTokenizer(): TokenizerJson {
  const merges = ['r e', 're d</w>', 'c a', 'ca t</w>', "' s</w>", 'Ã ©</w>', '! !</w>'];
  const characters = [..."abcdefghijklmnopqrstuvwxyz0123456789'!-Ã©"];
  const tokens = [
    ...characters,
    ...characters.map((one) => `${one}</w>`),
    ...merges.map((merge) => merge.replace(' ', '')),
    '<|startoftext|>',
    '<|endoftext|>',
  ];
  const [start, end] = [tokens.length - 2, tokens.length - 1];
  return {
    version: '1.0',
    added_tokens: [special(start, '<|startoftext|>'), special(end, '<|endoftext|>')],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: {
            Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+",
          },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: ['<|endoftext|>', end],
      cls: ['<|startoftext|>', start],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: null,
    model: {
      type: 'BPE',
      unk_token: '<|endoftext|>',
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((merge) => merge.split(' ')),
    },
  } as unknown as TokenizerJson;
}

/** The rules of SigLIP's tokenizer.json with a few pieces. */
function siglipTokenizer(): TokenizerJson {
  const pieces = ['<pad>', '</s>', '<unk>', '▁red', '▁cat', '▁', 'r', 'e', 'd', 'c', 'a', 't', 's'];
  return {
    version: '1.0',
    added_tokens: pieces.slice(0, 3).map((content, id) => special(id, content)),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '</s>', type_id: 0 } }],
      pair: [],
      special_tokens: { '</s>': { id: '</s>', ids: [1], tokens: ['</s>'] } },
    },
    decoder: null,
    model: {
      type: 'Unigram',
      unk_id: 2,
      vocab: pieces.map((piece, i) => [piece, piece.length > 1 ? -1 - i / 100 : -9]),
    },
  } as unknown as TokenizerJson;
}

describe("CLIP's tokens", () => {
  const json = clipTokenizer();
  const { vocab } = json.model;
  const names = new Map(Object.entries(vocab).map(([token, id]) => [id, token]));
  const tokenizer = createTokenizer(json, { contextLength: 8 });
  const tokens = (text: string): (string | undefined)[] =>
    tokenizer.encode(text).ids.map((id) => names.get(id));
  const between = (...words: string[]): string[] => ['<|startoftext|>', ...words, '<|endoftext|>'];

  it.each([
    ['red cat', ['red</w>', 'cat</w>']],
    ['  RED \n\t cat', ['red</w>', 'cat</w>']],
    ["cat's", ['cat</w>', "'s</w>"]],
    ['red-cat!!', ['red</w>', '-</w>', 'cat</w>', '!!</w>']],
    ['re', ['r', 'e</w>']],
    ['19', ['1</w>', '9</w>']],
    ['e\u0301', ['Ã©</w>']],
  ])('%j has start and end around its words', (text, words) => {
    expect(tokens(text)).toEqual(between(...words));
  });

  it('keeps the end token of a long text, and says that it was cut', () => {
    const long = tokenizer.encode('red '.repeat(7));
    expect(long.ids).toHaveLength(8);
    expect(long.ids.at(-1)).toBe(vocab['<|endoftext|>']);
    expect(long.truncated).toBe(true);
    expect(tokenizer.encode('red '.repeat(6)).truncated).toBe(false);
  });

  it('does not let a text end itself', () => {
    expect(tokens('red<|endoftext|> cat')).toEqual(between('red</w>', 'cat</w>'));
  });

  it('has no token for an empty text', () => {
    for (const text of ['', ' \n']) expect(tokens(text)).toEqual([]);
  });
});

describe("SigLIP's tokens", () => {
  const tokenizer = createTokenizer(siglipTokenizer(), { contextLength: 6 });

  it.each([
    ['Red cat', [3, 4, 1]],
    ['red cats', [3, 4, 12, 1]],
    ['red 犬', [3, 5, 2, 1]],
  ])('%j ends with the end token', (text, ids) => {
    expect(tokenizer.encode(text).ids).toEqual(ids);
  });

  it('keeps the end token of a long text', () => {
    expect(tokenizer.encode('red '.repeat(9)).ids).toEqual([3, 3, 3, 3, 3, 1]);
  });
});
