import { z } from 'zod';

/** How a hybrid search weighs its two sides. The manifest of an index version has these numbers. */
export const fusionSchema = z.object({
  /** Weight of the vector side. The keyword side gives 0 to 1 and has weight 1. */
  vector: z.number().min(0).max(1000),
  /** Mean cosine of a caption and an unrelated image. */
  cosineMean: z.number().min(-1.01).max(1.01),
  /** Standard deviation of these cosines, above 0. Scores are divided by it. */
  cosineDeviation: z.number().min(1e-12).max(2),
});

export type FusionWeights = z.infer<typeof fusionSchema>;

/** The weight that `scripts/evaluate-hybrid.ts` chose; see docs/search.md. */
export const defaultVectorWeight = 0.02;

/**
 * Measure the cosines of unrelated captions and images. They tell what a cosine of this model
 * means: models differ in how close they place texts and images.
 *
 * @param captions - [m, dim], L2-normalised
 * @param images - [n, dim], L2-normalised
 * @param sample - the number of captions, and of images, that are compared; they are evenly spread
 */
export function fusionWeights(
  captions: Float32Array,
  images: Float32Array,
  dim: number,
  { vector = defaultVectorWeight, sample = 300 } = {},
): FusionWeights {
  const spread = (embeddings: Float32Array): number[] => {
    const count = embeddings.length / dim;
    const step = Math.max(1, Math.floor(count / sample));
    return Array.from({ length: Math.min(count, sample) }, (_, i) => i * step * dim);
  };
  const imageStarts = spread(images);
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const caption of spread(captions)) {
    for (const image of imageStarts) {
      let dot = 0;
      for (let j = 0; j < dim; j++) dot += captions[caption + j]! * images[image + j]!;
      count += 1;
      sum += dot;
      squares += dot * dot;
    }
  }
  if (count === 0) return { vector, cosineMean: 0, cosineDeviation: 1 };
  const cosineMean = sum / count;
  const cosineDeviation = Math.sqrt(Math.max(0, squares / count - cosineMean ** 2)) || 1;
  return { vector, cosineMean, cosineDeviation };
}
