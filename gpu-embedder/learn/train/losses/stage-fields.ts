import { z } from 'zod';

const positive = z.number().int().positive();

/** The fields of a stage that every loss has. */
export const stageFields = {
  /** Towers that learn; the other one stays as it is. */
  train: z
    .array(z.enum(['image', 'text']))
    .min(1)
    .max(2)
    .default(['image', 'text']),
  /** One of the two: optimiser steps, or passes over the training images. */
  steps: positive.optional(),
  epochs: z.number().positive().optional(),
  /** Images, captions or pairs of a step. */
  batch: positive,
  /** Rows that pass through a tower at a time (GradCache); `batch` must be a multiple of it. */
  microBatch: positive.optional(),
  /** Side of the images in pixels, for towers that take any; by default that of the model. */
  imageSize: positive.optional(),
  /** Tokens of a caption that are read, at most those of the model; most captions are short. */
  textLength: positive.optional(),
  /** Share of the items drawn from emoji; by default that of the recipe. */
  emojiShare: z.number().min(0).max(1).optional(),
  /** Peak of the schedule: linear warm-up, then cosine to `finalShare` of the peak. */
  learningRate: z.number().positive(),
  /** Steps of the warm-up; it never takes more than a tenth of the stage. */
  warmupSteps: z.number().int().nonnegative().default(100),
  finalShare: z.number().min(0).max(1).default(0.02),
  weightDecay: z.number().nonnegative().default(0.05),
  /** Largest global norm of the gradient. */
  clipNorm: z.number().positive().default(1),
};

/** Images of one concept or label that stand in a batch together; `batch` must be a multiple of it. */
export const imagesPerConcept = positive.default(1);

/** Fixed inverse temperature, for losses that do not learn one. */
export const fixedScale = z.number().positive().default(20);

/** The fields of any stage, and the name of its loss. */
export type BaseStage<Name extends string = string> = z.infer<z.ZodObject<typeof stageFields>> & {
  readonly loss: Name;
};

/** Make the schema of the stages of a loss from the common fields and its own. */
export function stageOf<Name extends string, Fields extends z.ZodRawShape>(
  loss: Name,
  fields: Fields,
) {
  return z.strictObject(
    { loss: z.literal(loss), ...stageFields, ...fields },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys'
          ? `the loss ${loss} has no field ${issue.keys.join(', ')}`
          : undefined,
    },
  );
}
