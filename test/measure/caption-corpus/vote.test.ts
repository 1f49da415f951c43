import { describe, expect, it } from 'vitest';
import {
  vote,
  type Neighbour,
  type VoteOptions,
} from '../../../gpu-embedder/measure/caption-corpus/vote.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';

const neighbour = (similarity: number, texts: readonly string[], concept?: string): Neighbour => ({
  similarity,
  texts: new Map(texts.map((text) => [text.toLowerCase(), text])),
  ...(concept !== undefined && { concept }),
});
const options: VoteOptions = { temperature: 0.1, captions: 100, minConfidence: 0 };
const confidences = (neighbours: readonly Neighbour[], changed: Partial<VoteOptions> = {}) =>
  Object.fromEntries(
    vote(neighbours, { ...options, ...changed }).map(({ text, confidence }) => [text, confidence]),
  );

describe('vote', () => {
  it('weighs neighbours by a softmax of their cosines', () => {
    const nearer = Math.exp(0.2 / 0.1);
    const found = confidences([neighbour(0.5, ['dog']), neighbour(0.7, ['cat'])]);
    expect(found.cat).toBeCloseTo(nearer / (nearer + 1));
    expect(found.dog).toBeCloseTo(1 / (nearer + 1));
  });

  it('adds up the neighbours of a concept, and the concepts that share a text', () => {
    const found = confidences([
      neighbour(0.5, ['dog', 'pet'], 'dog'),
      neighbour(0.5, ['dog', 'hound'], 'dog'),
      neighbour(0.5, ['cat', 'pet'], 'cat'),
      neighbour(0.5, ['car']),
    ]);
    expect(found.dog).toBeCloseTo(2 / 4);
    // All pictures of a concept vote for the texts of each of them.
    expect(found.hound).toBeCloseTo(2 / 4);
    expect(found.pet).toBeCloseTo(3 / 4);
    expect(found.car).toBeCloseTo(1 / 4);
  });

  it('gives a text with several spellings once, in the spelling of the heaviest voter', () => {
    const found = vote([neighbour(0.4, ['Hot Dog']), neighbour(0.6, ['hot dog'])], options);
    expect(found).toEqual([{ text: 'hot dog', confidence: 1 }]);
  });

  it('follows only the identical picture if it is among the neighbours', () => {
    const others = Array.from({ length: 20 }, () => neighbour(0.9998, ['cat']));
    const found = vote([...others, neighbour(1, ['dog', 'pet'])], options);
    expect(found).toEqual([
      { text: 'dog', confidence: 1 },
      { text: 'pet', confidence: 1 },
    ]);
  });

  it('drops unlikely texts, and texts beyond the largest number', () => {
    const near = [neighbour(0.7, ['cat']), neighbour(0.5, ['dog']), neighbour(0.4, ['car'])];
    expect(Object.keys(confidences(near, { minConfidence: 0.1 }))).toEqual(['cat', 'dog']);
    expect(Object.keys(confidences(near, { captions: 1 }))).toEqual(['cat']);
  });

  it('gives nothing without neighbours', () => {
    expect(vote([], options)).toEqual([]);
  });

  it('orders by confidence, from 0 to 1, whatever the neighbours', () => {
    const random = createRandom(5);
    const words = ['a', 'b', 'c', 'd', 'e', 'f'];
    for (let round = 0; round < 200; round++) {
      const near = Array.from({ length: 1 + random.integer(12) }, () =>
        neighbour(
          random.integer(2001) / 1000 - 1,
          words.filter(() => random.integer(2) === 0),
          random.integer(2) === 0 ? random.pick(words) : undefined,
        ),
      );
      const found = vote(near, { ...options, temperature: random.pick([0.001, 0.1, 10]) });
      const values = found.map(({ confidence }) => confidence);
      expect(values).toEqual([...values].sort((a, b) => b - a));
      expect(values.every((value) => value >= 0 && value <= 1)).toBe(true);
      expect(new Set(found.map(({ text }) => text)).size).toBe(found.length);
    }
  });
});
