import { z } from 'zod';

/** What a comparison measures, named as `diptych evaluate` does: text -> image, 0 to 1. */
export const comparedKs = [1, 5, 10] as const;
export const comparedMetrics: readonly string[] = comparedKs.map(
  (k) => `image_retrieval_recall@${k}`,
);

const id = z.string().min(1).max(255);

/** Sets of items that a comparison keeps to. */
export const heldOutSchema = z.array(id).min(1).max(100);

/** What is compared: two versions of a collection, from their files alone. */
export const compareRequestSchema = z.strictObject({
  /** Versions: the active one, and the one that may take its place. */
  before: id,
  after: id,
  heldOut: heldOutSchema.optional(),
});

export type CompareRequest = Readonly<z.infer<typeof compareRequestSchema>>;

const recalls = z.record(z.string(), z.number());
const sides = z.object({ before: z.string(), after: z.string() });

/** How two versions find the same images by the same captions. */
export const comparisonSchema = z.object({
  versions: sides,
  /** Hashes. */
  models: sides,
  /** Captions that were searched for, a sample of `captions`. */
  pairs: z.int().min(0),
  captions: z.int().min(0),
  /** What was searched: images of the items that both have. */
  images: z.int().min(0),
  /** Sets that were held out; null: all items, which the model may have been trained on. */
  sets: z.array(z.string()).nullable(),
  /** Share of the first 10 images that are the same, 0 to 1; null without pairs. */
  overlapAt10: z.number().nullable(),
  /** By metric; empty without pairs. */
  before: recalls,
  after: recalls,
  change: recalls,
});

export type Comparison = Readonly<z.infer<typeof comparisonSchema>>;
