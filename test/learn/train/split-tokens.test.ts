import { expect, test } from 'vitest';
import { trainTokenizer } from '../../../gpu-embedder/learn/model/tokenizer-trainer.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import { tokenSplitter } from '../../../gpu-embedder/learn/train/batch/split-tokens.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';

const texts = ['birthday cake', 'birth', 'day', 'shopping cart', 'shop', 'cake shop'];
const json = trainTokenizer(
  texts.map((text) => ({ text, weight: 10 })),
  { vocabSize: 300 },
);
const tokenizer = createTokenizer(json, { contextLength: 32 });
const spelling = new Map(Object.entries(json.model.vocab).map(([token, id]) => [id, token]));
const spell = (ids: readonly number[]) => ids.map((id) => spelling.get(id)).join('');

test('split tokens spell the same text, in more and differing pieces', () => {
  const split = tokenSplitter(json);
  const random = createRandom(2);
  const { ids } = tokenizer.encode('birthday cake shop');
  const drawn = Array.from({ length: 200 }, () => split(ids, random));
  for (const pieces of drawn) expect(spell(pieces)).toBe(spell(ids));
  const seen = new Set(drawn.map((pieces) => pieces.join()));
  expect(seen.size).toBeGreaterThan(5);
  const whole = drawn.filter((pieces) => pieces.length === ids.length).length;
  // Three tokens stay whole with a probability of 0.9 each.
  expect(Math.abs(whole / 200 - 0.9 ** ids.length)).toBeLessThan(0.12);
});
