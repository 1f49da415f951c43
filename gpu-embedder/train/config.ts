import { z } from 'zod';
import { cnnConfigSchema, textTowerConfigSchema, vitConfigSchema } from '../model/config.ts';

const positive = z.number().int().positive();

const stageBase = {
  steps: positive,
  /** Images, captions or pairs of a step. */
  batch: positive,
  /** Peak of the schedule: linear warm-up, then cosine to `finalShare` of the peak. */
  learningRate: z.number().positive(),
  warmupSteps: z.number().int().nonnegative().default(100),
  finalShare: z.number().min(0).max(1).default(0.02),
  weightDecay: z.number().nonnegative().default(0.05),
  /** Largest global norm of the gradient. */
  clipNorm: z.number().positive().default(1),
};

/** Image tower alone: cosine classification of concepts. */
const classifyStage = z.strictObject({
  kind: z.literal('classify'),
  ...stageBase,
  imageSize: positive.optional(),
  /** Fixed inverse temperature of the class logits. */
  scale: z.number().positive().default(20),
});

/** Text tower alone, against the frozen class prototypes: costs no image. */
const alignStage = z.strictObject({
  kind: z.literal('align'),
  ...stageBase,
  scale: z.number().positive().default(20),
});

/** Both towers: symmetric InfoNCE. */
const contrastiveStage = z.strictObject({
  kind: z.literal('contrastive'),
  ...stageBase,
  imageSize: positive.optional(),
});

export const stageSchema = z.discriminatedUnion('kind', [
  classifyStage,
  alignStage,
  contrastiveStage,
]);

export const trainConfigSchema = z.strictObject({
  /** Name that the exported model carries. */
  modelId: z.string().min(1),
  seed: z.number().int().default(1),
  embedDim: positive.default(256),
  image: z.discriminatedUnion('kind', [cnnConfigSchema.strict(), vitConfigSchema.strict()]),
  /** vocabSize is the most that the tokenizer may learn. */
  text: textTowerConfigSchema.strict(),
  stages: z.array(stageSchema).min(1),
  /** Share of a batch drawn from emoji concepts, one concept at a time; icons make up the rest. */
  emojiShare: z.number().min(0).max(1).default(0.6),
  /** Classes of `classify` are the concepts with at least this many training pictures. */
  minItemsPerClass: positive.default(2),
  augment: z.boolean().default(true),
  /** Exponential moving average of the weights; the average is what is exported. */
  emaDecay: z.number().min(0).max(1).default(0.998),
  logitScale: z.number().default(Math.log(20)),
});

export type Stage = z.infer<typeof stageSchema>;
export type TrainConfig = z.infer<typeof trainConfigSchema>;

/** One line of log.jsonl. */
export interface TrainingRecord {
  /** Steps over all stages. */
  readonly step: number;
  readonly stage: number;
  readonly kind: Stage['kind'];
  /** Mean since the last record. */
  readonly loss: number;
  /** exp(logitScale), or the fixed scale of the stage. */
  readonly scale: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Pictures (captions in `align`) per second since the last record. */
  readonly imagesPerSecond: number;
  /** Share of the time inside session.run. */
  readonly busy: number;
}
