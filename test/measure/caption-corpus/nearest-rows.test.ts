import { expect, it } from 'vitest';
import { nearestRows } from '../../../gpu-embedder/measure/caption-corpus/nearest-rows.ts';
import { normaliseRows } from '../../../gpu-embedder/embed/normalise-rows.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';

const dim = 8;
const random = createRandom(3);
const vectors = (count: number) =>
  normaliseRows(
    Float32Array.from({ length: count * dim }, () => random.integer(2001) - 1000),
    dim,
  );

it('agrees with a comparison of all pairs, in the same order', async () => {
  const [queries, gallery] = [vectors(150), vectors(40)];
  const found = await nearestRows(queries, gallery, dim, 7, { threads: 1 });
  expect(found).toHaveLength(150);
  for (const [i, { rows, similarities }] of found.entries()) {
    const cosine = (row: number) =>
      gallery
        .subarray(row * dim, (row + 1) * dim)
        .reduce((sum, value, j) => sum + value * queries[i * dim + j], 0);
    const expected = Array.from({ length: 40 }, (_, row) => row).sort(
      (a, b) => cosine(b) - cosine(a),
    );
    expect(rows).toEqual(expected.slice(0, 7));
    rows.forEach((row, at) => expect(similarities[at]).toBeCloseTo(cosine(row), 5));
  }
});

it('prefers the first of equal rows, and returns all rows if there are fewer than requested', async () => {
  const one = vectors(1);
  const gallery = new Float32Array([...one, ...one, ...one]);
  const [few] = await nearestRows(one, gallery, dim, 2, { threads: 1 });
  expect(few.rows).toEqual([0, 1]);
  const [all] = await nearestRows(one, gallery, dim, 9, { threads: 1 });
  expect(all.rows).toEqual([0, 1, 2]);
});
