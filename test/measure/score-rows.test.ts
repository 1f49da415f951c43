import { expect, it } from 'vitest';
import { scoreRows } from '../../gpu-embedder/measure/embeddings/score-rows.ts';

it('gives the products of each query with the whole gallery, over many blocks', async () => {
  const [queries, gallery, dim] = [300, 7, 5];
  const values = (count: number, seed: number) =>
    Float32Array.from({ length: count * dim }, (_, i) => Math.sin(seed + i));
  const [left, right] = [values(queries, 1), values(gallery, 2)];
  const seen: number[] = [];
  await scoreRows(left, right, dim, 1, (query, scores) => {
    seen.push(query);
    const expected = Array.from({ length: gallery }, (_, item) =>
      left
        .subarray(query * dim, (query + 1) * dim)
        .reduce((sum, value, j) => sum + value * right[item * dim + j], 0),
    );
    expect(Math.max(...expected.map((value, i) => Math.abs(value - scores[i])))).toBeLessThan(1e-5);
  });
  expect(seen).toEqual(Array.from({ length: queries }, (_, i) => i));
});
