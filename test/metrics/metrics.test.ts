import { describe, expect, it } from 'vitest';
import { annRecallAtK } from '../../src/metrics/ann-recall.ts';
import { classificationMetrics } from '../../src/metrics/classification.ts';
import { retrievalRecallAtK } from '../../src/metrics/retrieval-recall.ts';

describe('retrievalRecallAtK', () => {
  // Cosines of the queries with the gallery are the numbers of the queries themselves.
  const gallery = Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
  const recall = (queries: number[], relevant: number[][], ks = [1, 2, 3]) =>
    retrievalRecallAtK(
      { queries: Float32Array.from(queries), gallery, dim: 3, relevant: (q) => relevant[q] },
      ks,
    );

  it('counts queries that find their answer among the first k', () => {
    expect(recall([0.9, 0.5, 0.1, 0.9, 0.5, 0.1], [[0], [2]])).toEqual([0.5, 0.5, 1]);
  });

  it('counts any of several answers', () => {
    expect(recall([0.9, 0.5, 0.1], [[1, 2]])).toEqual([0, 1, 1]);
    expect(recall([0.9, 0.5, 0.1], [[2, 0]])).toEqual([1, 1, 1]);
  });

  it('counts ties against the query', () => {
    expect(recall([0.5, 0.5, 0.5], [[0]])).toEqual([0, 0, 1]);
    expect(recall([0.5, 0.5, 0.5], [[0, 1]])).toEqual([0, 1, 1]);
  });

  it('takes what float32 cannot tell apart for a tie', () => {
    expect(recall([0.5 + 2e-7, 0.5, 0], [[0]])).toEqual([0, 1, 1]);
    expect(recall([0.5 + 2e-5, 0.5, 0], [[0]])).toEqual([1, 1, 1]);
  });

  it('finds nothing with embeddings that are no numbers', () => {
    expect(recall([NaN, NaN, NaN], [[0]])).toEqual([0, 0, 0]);
  });

  it('refuses lengths that do not fit and queries without an answer', () => {
    expect(() => recall([1, 2], [[0]])).toThrow(/queries: expected a positive multiple of 3/);
    expect(() => recall([1, 0, 0], [[]])).toThrow(/expected an answer of each query/);
  });
});

describe('annRecallAtK', () => {
  it('averages the overlap of the first k, in any order', () => {
    const exact = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    const found = [
      [2, 1, 9],
      [4, 9, 8],
    ];
    expect(annRecallAtK(found, exact, 3)).toBeCloseTo((2 / 3 + 1 / 3) / 2);
    expect(annRecallAtK(found, exact, 1)).toBeCloseTo(1 / 2);
  });

  it('asks no more than there is, and counts a repeated id once', () => {
    expect(annRecallAtK([[1, 2]], [[2, 1]], 10)).toBe(1);
    expect(annRecallAtK([[1, 1]], [[1, 2]], 2)).toBe(0.5);
  });

  it('refuses results of another number of queries', () => {
    expect(() => annRecallAtK([[1]], [[1], [2]], 1)).toThrow(/got 1 and 2/);
  });
});

describe('classificationMetrics', () => {
  it('gives the numbers worked out by hand', () => {
    // Three rows of class 0, one of class 1; six classes.
    const scores = [
      [6, 5, 4, 3, 2, 1],
      [6, 5, 4, 3, 2, 1],
      [1, 6, 5, 4, 3, 2],
      [6, 5, 4, 3, 2, 1],
    ];
    const metrics = classificationMetrics(Float32Array.from(scores.flat()), [0, 0, 0, 1], 6);
    expect(metrics.acc1).toBeCloseTo(2 / 4);
    expect(metrics.acc5).toBeCloseTo(3 / 4);
    expect(metrics.mean_per_class_recall).toBeCloseTo((2 / 3 + 0) / 2);
  });

  it('counts ties against the right class', () => {
    expect(classificationMetrics(Float32Array.of(1, 1), [0], 2).acc1).toBe(0);
    // Five classes tie with the right one, then four.
    const scores = Float32Array.of(2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2);
    expect(classificationMetrics(scores, [0, 1], 6).acc5).toBe(1 / 2);
  });

  it('has no acc5 of fewer than five classes', () => {
    expect(classificationMetrics(Float32Array.of(4, 3, 2, 1), [0], 4)).toEqual({
      acc1: 1,
      acc5: NaN,
      mean_per_class_recall: 1,
    });
  });

  it('refuses scores that do not fit the labels', () => {
    expect(() => classificationMetrics(Float32Array.of(1, 2, 3), [0], 2)).toThrow(/got 3 numbers/);
  });
});
