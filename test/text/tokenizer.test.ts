import { describe, expect, it } from 'vitest';
import { trainTokenizer } from '../../gpu-embedder/learn/model/tokenizer-trainer.ts';
import { createTokenizer } from '../../src/text/tokenizer.ts';

const tokenizerJson = trainTokenizer(
  ['shopping cart', 'red heart', '犬', '❤'].flatMap((text) => [{ text, weight: 5 }]),
  { vocabSize: 320 },
);
const tokenizer = createTokenizer(tokenizerJson, { contextLength: 8 });
const ids = (text: string): number[] => tokenizer.encode(text).ids;

describe('createTokenizer', () => {
  it('takes case, hyphen, underscore and extra space for the same', () => {
    const words = ids('shopping cart');
    for (const text of [
      'Shopping-Cart',
      'shopping_cart',
      '  SHOPPING   cart. ',
      '“shopping” cart',
    ]) {
      expect(ids(text), text).toEqual(words);
    }
    expect(ids('cart shopping')).toEqual([...words].reverse());
  });

  it('takes an emoji with and without variation selector for the same', () => {
    expect(ids('❤️')).toEqual(ids('❤'));
    expect(ids('❤')).not.toEqual([]);
  });

  it('has no token for an empty text', () => {
    for (const text of ['', '   ', '\n\t', '--']) expect(ids(text)).toEqual([]);
  });

  it('truncates to contextLength and says so', () => {
    const long = tokenizer.encode('red '.repeat(9));
    expect(long.ids).toHaveLength(8);
    expect(long.truncated).toBe(true);
    expect(tokenizer.encode('red '.repeat(8)).truncated).toBe(false);
    expect(tokenizer.encode('q'.repeat(1_000_000)).truncated).toBe(true);
  });

  it('never gives padding, whatever the text spells', () => {
    expect(ids('red <pad> heart')).toEqual(ids('red heart'));
  });

  it('refuses a file that is no tokenizer', () => {
    const broken = JSON.parse('{"model": {"type": "BPE"}}');
    expect(() => createTokenizer(broken, { contextLength: 8 })).toThrow(/tokenizer\.json.*vocab/);
  });
});
