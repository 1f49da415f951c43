import { z } from 'zod';

/** The metrics of a comparison, 0 to 1. They find images by text, as in `diptych evaluate`. */
export const comparedKs = [1, 5, 10] as const;
export const comparedMetrics: readonly string[] = comparedKs.map(
  (k) => `image_retrieval_recall@${k}`,
);

const id = z.string().min(1).max(255);

/** Names of sets. The comparison looks only at items of these sets. */
export const heldOutSchema = z.array(id).min(1).max(100);

/**
 * A request to compare two versions of a collection. The comparison reads nothing but their files.
 */
export const compareRequestSchema = z.strictObject({
  /** The active version, and the version that may replace it. */
  before: id,
  after: id,
  heldOut: heldOutSchema.optional(),
});

export type CompareRequest = Readonly<z.infer<typeof compareRequestSchema>>;

const recalls = z.record(z.string(), z.number());
const sides = z.object({ before: z.string(), after: z.string() });

/** How well two versions find the same images by the same captions. */
export const comparisonSchema = z.object({
  versions: sides,
  /** Hashes of the models. */
  models: sides,
  /** The number of captions that were queries: a sample of `captions`. */
  pairs: z.int().min(0),
  captions: z.int().min(0),
  /** The number of images that were searched: those of the items that both versions have. */
  images: z.int().min(0),
  /** The held-out sets; null for all items, on which the model may have been trained. */
  sets: z.array(z.string()).nullable(),
  /** The share of the first 10 images that both versions find, 0 to 1; null without pairs. */
  overlapAt10: z.number().nullable(),
  /** A number for each metric; empty without pairs. */
  before: recalls,
  after: recalls,
  change: recalls,
});

export type Comparison = Readonly<z.infer<typeof comparisonSchema>>;
