import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { dualEncoderConfigSchema } from '../model/config.ts';

const positive = z.number().int().positive();

/**
 * `infonce`: symmetric InfoNCE (CLIP). `sigmoid`: pairwise sigmoid (SigLIP). Both take several
 * positives. `supervised-contrastive`: images of one concept attract each other (SupCon).
 * `classification`: cosine classification of concepts or labels, by the image tower; or of
 * captions, by the text tower, against the prototypes that the images left behind.
 */
export const lossNames = [
  'infonce',
  'sigmoid',
  'supervised-contrastive',
  'classification',
] as const;

const towersSchema = z
  .array(z.enum(['image', 'text']))
  .min(1)
  .max(2);

export const stageSchema = z
  .strictObject({
    loss: z.enum(lossNames),
    /** Towers that learn; the other one stays as it is. */
    train: towersSchema.default(['image', 'text']),
    /** One of the two: optimiser steps, or passes over the training images. */
    steps: positive.optional(),
    epochs: z.number().positive().optional(),
    /** Images, captions or pairs of a step. */
    batch: positive,
    /** Rows that pass through a tower at a time (GradCache); `batch` is a multiple of it. */
    microBatch: positive.optional(),
    /** Side of the images, pixels, where the tower takes any; that of the model by default. */
    imageSize: positive.optional(),
    /** Tokens of a caption that are read, at most those of the model; most captions are short. */
    textLength: positive.optional(),
    /** Images of one concept that stand in a batch together. */
    imagesPerConcept: positive.default(1),
    /** Share of the items drawn from emoji; that of the recipe by default. */
    emojiShare: z.number().min(0).max(1).optional(),
    /** Peak of the schedule: linear warm-up, then cosine to `finalShare` of the peak. */
    learningRate: z.number().positive(),
    /** At most a tenth of the steps. */
    warmupSteps: z.number().int().nonnegative().default(100),
    finalShare: z.number().min(0).max(1).default(0.02),
    weightDecay: z.number().nonnegative().default(0.05),
    /** Largest global norm of the gradient. */
    clipNorm: z.number().positive().default(1),
    /** Fixed inverse temperature of `classification` and `supervised-contrastive`. */
    scale: z.number().positive().default(20),
    /** Of `classification` of images: share that is mixed with another, targets alike. */
    mix: z.number().min(0).max(1).default(0),
    /** Of `classification`: weight of telling the words of the captions, beside the concept. */
    wordWeight: z.number().nonnegative().default(0),
  })
  .superRefine((stage, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if ((stage.steps === undefined) === (stage.epochs === undefined)) {
      refuse('steps', 'expected either steps or epochs');
    }
    if (stage.microBatch !== undefined && stage.batch % stage.microBatch !== 0) {
      refuse('microBatch', `batch ${stage.batch} is not a multiple of it`);
    }
    if (stage.batch % stage.imagesPerConcept !== 0) {
      refuse('imagesPerConcept', `batch ${stage.batch} is not a multiple of it`);
    }
    if (stage.loss === 'classification' && stage.train.length !== 1) {
      refuse('train', 'classification trains one tower: ["image"] or ["text"]');
    }
    if (stage.loss !== 'classification' && stage.wordWeight > 0) {
      refuse('wordWeight', `${stage.loss} knows no words: expected 0`);
    }
    if (stage.mix > 0 && (stage.loss !== 'classification' || stage.train[0] !== 'image')) {
      refuse('mix', `${stage.loss} ${stage.train.join('+')} does not mix images: expected 0`);
    }
    if (stage.loss === 'supervised-contrastive') {
      if (stage.train.join() !== 'image') refuse('train', 'expected ["image"]');
      if (stage.imagesPerConcept < 2) refuse('imagesPerConcept', 'expected at least 2');
    }
  });

/** Which weights of an existing model learn. */
export const trainChoiceSchema = z.union([
  z.enum(['heads', 'text', 'all']),
  z.custom<`last:${number}`>((text) => typeof text === 'string' && /^last:[1-9]\d*$/.test(text), {
    error: 'expected heads, text, all or last:N',
  }),
]);

const configFields = {
  /** Name that the exported model carries. */
  modelId: z.string().min(1),
  seed: z.number().int().default(1),
  stages: z.array(stageSchema).min(1),
  /** Share of the items drawn from emoji, one concept at a time; icons make up the rest. */
  emojiShare: z.number().min(0).max(1).default(0.6),
  /** Classes are the concepts or labels with at least this many training images. */
  minItemsPerClass: positive.default(2),
  /** Words that `wordWeight` is about stand in the captions of at least this many images. */
  minItemsPerWord: positive.default(8),
  /** Share of the captions drawn in English, of concepts that have names in other languages. */
  englishShare: z.number().min(0).max(1).default(0.6),
  /** `pictogram`: random views, inks and typing errors; `photograph`: random crops. */
  augment: z.enum(['pictogram', 'photograph', 'none']).default('pictogram'),
  /** Exponential moving average of the weights; the average is validated and exported. */
  emaDecay: z.number().min(0).max(1).default(0.998),
  /** Where logitScale starts; an existing model has its own. */
  logitScale: z.number().optional(),
  validation: z
    .strictObject({
      /** Images of the validation sample; 0 for none. */
      items: z.number().int().nonnegative().default(500),
      /** `train` holds a sample out of the training images; `validation` takes the split. */
      from: z.enum(['train', 'validation']).default('validation'),
    })
    .prefault({}),
};

/** A model from scratch: `vocabSize` is the most that the tokenizer may learn. */
const scratchSchema = z.strictObject({ ...configFields, architecture: dualEncoderConfigSchema });

/** A model that exists, ours or an ONNX export of CLIP or SigLIP. */
const fineTuneSchema = z.strictObject({
  ...configFields,
  init: z.strictObject({
    /** Model folder, or an id of the Hugging Face hub. */
    model: z.string().min(1),
    train: trainChoiceSchema.default('all'),
  }),
});

/**
 * Validate a configuration.
 *
 * @param where - the file, for the message
 * @throws DiptychError invalid_option
 */
export function parseTrainConfig(value: unknown, where: string): TrainConfig {
  const isFineTuning = typeof value === 'object' && value !== null && 'init' in value;
  const parsed = (isFineTuning ? fineTuneSchema : scratchSchema).safeParse(value);
  if (!parsed.success) {
    throw new DiptychError('invalid_option', `${where}: ${z.prettifyError(parsed.error)}`);
  }
  checkPrototypes(parsed.data.stages, where);
  checkLengths(parsed.data, where);
  return parsed.data;
}

/** The rows of an imported tower are as long as its longest caption. */
function checkLengths(config: ScratchConfig | FineTuneConfig, where: string): void {
  if (!('init' in config)) return;
  const i = config.stages.findIndex(({ textLength }) => textLength !== undefined);
  if (i < 0) return;
  throw new DiptychError(
    'invalid_option',
    `${where}: stages[${i}].textLength: expected none with "init", got ${config.stages[i].textLength}`,
  );
}

/** Captions move towards prototypes that images have made. */
function checkPrototypes(stages: readonly Stage[], where: string): void {
  for (const [i, { loss, train, wordWeight }] of stages.entries()) {
    if (loss !== 'classification' || train[0] !== 'text') continue;
    const makers = stages
      .slice(0, i)
      .filter((stage) => stage.loss === 'classification' && stage.train[0] === 'image');
    const fail = (does: string, expected: string): never => {
      throw new DiptychError(
        'invalid_option',
        `${where}: stages[${i}] ${does}: expected an earlier stage that ${expected}`,
      );
    };
    if (makers.length === 0) fail('classifies captions', 'classifies images');
    if (wordWeight > 0 && !makers.some((stage) => stage.wordWeight > 0)) {
      fail('has wordWeight', 'classifies images with wordWeight');
    }
  }
}

export type Stage = z.infer<typeof stageSchema>;
export type TrainChoice = z.infer<typeof trainChoiceSchema>;
export type ScratchConfig = z.infer<typeof scratchSchema>;
export type FineTuneConfig = z.infer<typeof fineTuneSchema>;
export type TrainConfig = ScratchConfig | FineTuneConfig;

/** A stage for people: `infonce image+text`. */
export const stageLabel = ({ loss, train }: Stage): string => `${loss} ${train.join('+')}`;

/** Steps of a stage over `items` training images. */
export function stageSteps({ steps, epochs, batch }: Stage, items: number): number {
  return steps ?? Math.max(1, Math.ceil((epochs! * items) / batch));
}
