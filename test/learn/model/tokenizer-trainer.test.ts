import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AutoTokenizer } from '@huggingface/transformers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenizerFiles } from '../../../gpu-embedder/learn/model/tokenizer-files.ts';
import { trainTokenizer } from '../../../gpu-embedder/learn/model/tokenizer-trainer.ts';
import { createTokenizer } from '../../../src/text/tokenizer.ts';

const captions = [
  'birthday cake',
  'Birthday party',
  'shopping cart',
  'angry face',
  'airplane',
  '犬',
  '誕生日ケーキ',
  'كعكة عيد ميلاد',
  'जन्मदिन का केक',
  'gâteau d’anniversaire',
  '🎂 cake',
];
const texts = captions.flatMap((text) => [{ text, weight: 3 }, { text }]);
const tokenizerJson = trainTokenizer(texts, { vocabSize: 400 });
const tokenizer = createTokenizer(tokenizerJson, { contextLength: 24 });

const samples = [
  ...captions,
  'BIRTHDAY',
  'a phrase that was never seen: x_y-z/42',
  'café CAFÉ café',
  '👨‍🌾 👩🏽‍🚀 ❤️ #️⃣ 🇩🇪',
  'Straße ΣΊΣΥΦΟΣ İstanbul ﬁ Ｆｕｌｌ',
  '\u{1fae9} \u{1ffff} \ud800 ?!',
  '   \t\n ',
  '',
  'lorem ipsum '.repeat(500),
];

describe('trainTokenizer', () => {
  it('gives frequent words one token and stops at vocabSize', () => {
    expect(tokenizer.vocabSize).toBeLessThanOrEqual(400);
    expect(tokenizer.encode('birthday').ids).toHaveLength(1);
    expect(Object.values(tokenizerJson.model.vocab).sort((a, b) => a - b)).toEqual(
      Array.from({ length: tokenizer.vocabSize }, (_, id) => id),
    );
  });

  it('chooses the merges that a full recount at every step chooses', () => {
    const words = ['ababab', 'abcab', 'bcabc', 'aaaa', 'aaaaab', 'cabcab'];
    const trained = trainTokenizer(
      words.map((text, index) => ({ text, weight: index + 1 })),
      { vocabSize: 280 },
    );
    const { vocab } = trained.model;
    const spelled = words.map((word) => [...`Ġ${word}`]);
    const tokens = new Set(Object.keys(vocab).filter((_, id) => id < 258));
    const merges: string[][] = [];
    while (tokens.size < 280) {
      const counts = new Map<string, number>();
      spelled.forEach((word, index) => {
        for (let at = 0; at + 1 < word.length; at++) {
          const pair = `${word[at]} ${word[at + 1]}`;
          counts.set(pair, (counts.get(pair) ?? 0) + index + 1);
        }
      });
      const [best] = [...counts]
        .filter(([, count]) => count >= 2)
        .map(([pair, count]) => ({ pair: pair.split(' '), count }))
        .sort((x, y) => y.count - x.count || order(x.pair) - order(y.pair));
      if (best === undefined) break;
      merges.push(best.pair);
      tokens.add(best.pair.join(''));
      spelled.forEach((word, index) => {
        const merged: string[] = [];
        for (let at = 0; at < word.length; at++) {
          if (word[at] === best.pair[0] && word[at + 1] === best.pair[1]) {
            merged.push(word[at] + word[++at]);
          } else merged.push(word[at]);
        }
        spelled[index] = merged;
      });
    }
    function order([left, right]: string[]): number {
      return vocab[left] * 65536 + vocab[right];
    }
    expect(trained.model.merges).toEqual(merges);
  });

  it('learns 6,144 tokens from 30,000 distinct words in seconds', () => {
    const syllables = ['ka', 'lo', 'mi', 'ren', 'sta', 'un', 'ver', 'wo', 'xi', 'za'];
    const many = Array.from({ length: 30_000 }, (_, n) => ({
      text: [...String(n * 7919)].map((digit) => syllables[Number(digit)]).join(''),
      weight: 1 + (n % 7),
    }));
    const before = process.cpuUsage();
    const { model } = trainTokenizer(many, { vocabSize: 6144 });
    expect(Object.keys(model.vocab)).toHaveLength(6144);
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(20);
  }, 60_000);

  it('refuses a vocabulary that cannot hold the bytes', () => {
    expect(() => trainTokenizer([], { vocabSize: 100 })).toThrow(/vocabSize.*258.*got 100/);
  });
});

describe('tokenizer.json', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'diptych-tokenizer-'));
    for (const [name, content] of Object.entries(
      tokenizerFiles(tokenizerJson, { contextLength: 24 }),
    )) {
      await writeFile(join(folder, name), content);
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('gives the same ids in @huggingface/transformers', async () => {
    const theirs = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
    expect(theirs.pad_token_id).toBe(0);
    for (const text of samples) {
      const { input_ids: ids } = theirs(text, { truncation: true, return_tensor: false });
      expect(tokenizer.encode(text).ids, JSON.stringify(text.slice(0, 40))).toEqual(ids);
    }
  });

  it('decodes to the normalised text', async () => {
    const theirs = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
    const { ids } = tokenizer.encode('Gâteau-ANNIVERSAIRE 犬 🎂');
    expect(theirs.decode(ids).trim()).toBe('gâteau anniversaire 犬 🎂');
  });
});
