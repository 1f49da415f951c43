import { z } from 'zod';
import { DiptychError } from '../errors.ts';
import type { BuildOptions } from '../jobs/build-options.ts';
import { parseSwitchCondition } from './switch-condition.ts';

const id = z.string().min(1).max(255);

/** Sets of items that a comparison keeps to. */
export const heldOutSchema = z.array(id).min(1).max(100);

/** What a job was asked about the switch: `compare` of its options, beside those of the index. */
const compareOptionsSchema = z.object({
  switchIf: z
    .string()
    .transform((text) => ({ text, condition: parseSwitchCondition(text) }))
    .optional(),
  heldOut: heldOutSchema.optional(),
});

export interface CompareOptions {
  /** `METRIC >= CHANGE`, as `parseSwitchCondition` reads it. */
  readonly switchIf?: string;
  /** Sets that the model was never trained on; all items otherwise. */
  readonly heldOut?: readonly string[];
}

/** Options of a job as its row keeps them: those of the index, and apart from them those of the switch. */
export type JobOptions = BuildOptions & { readonly compare?: CompareOptions };

/**
 * Put what was asked about the switch among the options of a job.
 *
 * @throws DiptychError invalid_option
 */
export function withCompareOptions(
  options: BuildOptions,
  { switchIf, heldOut }: CompareOptions,
): JobOptions {
  if (switchIf !== undefined) parseSwitchCondition(switchIf);
  if (heldOut && !heldOutSchema.safeParse(heldOut).success) {
    throw new DiptychError(
      'invalid_option',
      `heldOut: expected 1 to 100 names of sets, got ${JSON.stringify(heldOut)}`,
    );
  }
  return { ...options, compare: switchIf || heldOut ? { switchIf, heldOut } : undefined };
}

/** Read them back. */
export function compareOptions(options: Readonly<Record<string, unknown>>) {
  return compareOptionsSchema.parse(options['compare'] ?? {});
}

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

/** What a job found out before its switch: kept among its counts. */
export const comparedSchema = z.object({
  /** Null where nothing was compared. */
  comparison: comparisonSchema.nullable(),
  condition: z.string().nullable(),
  /** Whether the version is to become the active one. */
  met: z.boolean(),
  /** Why so. */
  reason: z.string(),
});

export type Compared = Readonly<z.infer<typeof comparedSchema>>;
