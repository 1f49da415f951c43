import { z } from 'zod';
import { DiptychError } from '../../../../src/errors.ts';
import { dualEncoderConfigSchema } from '../../../common/model-folder/config.ts';
import type { Stage } from '../losses/loss-table.ts';
import { losses, lossNames, lossOf } from '../losses/loss-table.ts';
import { drawFields } from '../batch/draw-fields.ts';

/** A stage of a recipe: its loss decides which fields it has. */
const [firstSchema, ...otherSchemas] = losses.map(({ schema }) => schema);
export const stageSchema = z
  .discriminatedUnion('loss', [firstSchema, ...otherSchemas], {
    error: ({ code }) =>
      code === 'invalid_union' ? `expected one of ${lossNames.join(', ')}` : undefined,
  })
  .superRefine((stage, context) => {
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    const { steps, epochs, batch, microBatch } = stage;
    if ((steps === undefined) === (epochs === undefined)) {
      refuse('steps', 'expected either steps or epochs');
    }
    if (microBatch !== undefined && batch % microBatch !== 0) {
      refuse('microBatch', `batch ${batch} is not a multiple of it`);
    }
    if (batch % imagesPerConceptOf(stage) !== 0) {
      refuse('imagesPerConcept', `batch ${batch} is not a multiple of it`);
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
  ...drawFields,
  stages: z.array(stageSchema).min(1),
  /** Exponential moving average of the weights; the average is validated and exported. */
  emaDecay: z.number().min(0).max(1).default(0.998),
  /** Initial logitScale; an existing model has its own. */
  logitScale: z.number().optional(),
};

/** A model from scratch. `vocabSize` is the most tokens that the tokenizer may learn. */
const scratchSchema = z.strictObject({ ...configFields, architecture: dualEncoderConfigSchema });

/** An existing model: ours, or an ONNX export of CLIP or SigLIP. */
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
 * @param where - names the file in the message
 * @throws DiptychError invalid_option
 */
export function parseTrainConfig(value: unknown, where: string): TrainConfig {
  const isFineTuning = typeof value === 'object' && value !== null && 'init' in value;
  const parsed = (isFineTuning ? fineTuneSchema : scratchSchema).safeParse(value);
  if (!parsed.success) {
    throw new DiptychError('invalid_option', `${where}: ${z.prettifyError(parsed.error)}`);
  }
  checkOrder(parsed.data.stages, where);
  checkLengths(parsed.data, where);
  return parsed.data;
}

/** Refuse textLength with `init`: rows of an imported tower are as long as the longest caption. */
function checkLengths(config: ScratchConfig | FineTuneConfig, where: string): void {
  if (!('init' in config)) return;
  const i = config.stages.findIndex(({ textLength }) => textLength !== undefined);
  if (i < 0) return;
  throw new DiptychError(
    'invalid_option',
    `${where}: stages[${i}].textLength: expected none with "init", got ${config.stages[i].textLength}`,
  );
}

/** Refuse a stage that needs what no earlier stage has learnt. */
function checkOrder(stages: readonly Stage[], where: string): void {
  for (const [i, stage] of stages.entries()) {
    const missing = lossOf(stage).missing?.(stage, stages.slice(0, i));
    if (missing) throw new DiptychError('invalid_option', `${where}: stages[${i}] ${missing}`);
  }
}

export type TrainChoice = z.infer<typeof trainChoiceSchema>;
export type ScratchConfig = z.infer<typeof scratchSchema>;
export type FineTuneConfig = z.infer<typeof fineTuneSchema>;
export type TrainConfig = ScratchConfig | FineTuneConfig;

/** Name a stage for people: `infonce image+text`. */
export const stageLabel = ({ loss, train }: Pick<Stage, 'loss' | 'train'>): string =>
  `${loss} ${train.join('+')}`;

/** Images of one concept or label that stand in a batch together; 1 for losses without this field. */
export const imagesPerConceptOf = (stage: Stage): number =>
  'imagesPerConcept' in stage ? stage.imagesPerConcept : 1;

/** Compute the steps of a stage over `items` training images. */
export function stageSteps({ steps, epochs, batch }: Stage, items: number): number {
  return steps ?? Math.max(1, Math.ceil((epochs! * items) / batch));
}
