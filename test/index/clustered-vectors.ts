import { createRandom } from '../../gpu-embedder/common/random.ts';

/** Make unit vectors around common centres, [count, dim]: more like real embeddings than noise. */
export function clusteredVectors(count: number, dim: number, seed: number): Float32Array {
  const centres = createRandom(99);
  const points = Float32Array.from({ length: 50 * dim }, () => centres.normal());
  const random = createRandom(seed);
  const vectors = new Float32Array(count * dim);
  for (let i = 0; i < count; i++) {
    const row = vectors.subarray(i * dim, (i + 1) * dim);
    const centre = random.integer(50) * dim;
    for (let j = 0; j < dim; j++) row[j] = points[centre + j] + random.normal();
    const norm = Math.hypot(...row);
    for (let j = 0; j < dim; j++) row[j] /= norm;
  }
  return vectors;
}

/** Split a matrix into its rows. */
export function rowsOf(vectors: Float32Array, dim: number): Float32Array[] {
  return Array.from({ length: vectors.length / dim }, (_, i) =>
    vectors.slice(i * dim, (i + 1) * dim),
  );
}
