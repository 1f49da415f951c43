import { basename, join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';
import { dualEncoderConfigSchema } from './config.ts';
import type { ModelFiles } from './model-files.ts';

/** The properties of a model that every stage needs, whoever exported it. */
export interface ModelDescription {
  readonly id: string;
  /** Origin of the model, which decides the padding of tokens and the resize rule. */
  readonly family: 'diptych' | 'clip' | 'siglip';
  readonly embedDim: number;
  /** Side of the square input image, pixels. */
  readonly imageSize: number;
  readonly contextLength: number;
  /** Natural logarithm of the factor that multiplies cosines before softmax. */
  readonly logitScale: number;
}

const count = z.number().int().positive();

const ownSchema = z.object({
  diptych: z.object({
    architecture: dualEncoderConfigSchema.pick({ image: true, text: true }),
    embedDim: count,
    logitScale: z.number(),
    modelId: z.string().min(1),
  }),
});

/** The defaults are those of the transformers library, which omits them in config.json. */
const clipSchema = z.object({
  model_type: z.literal('clip'),
  trained_logit_scale: z.number().optional(),
  projection_dim: count.default(512),
  text_config: z.object({ max_position_embeddings: count.default(77) }).prefault({}),
  vision_config: z.object({ image_size: count.default(224) }).prefault({}),
});

const siglipSchema = z.object({
  model_type: z.literal('siglip'),
  trained_logit_scale: z.number().optional(),
  text_config: z
    .object({ max_position_embeddings: count.default(64), projection_size: count.optional() })
    .prefault({}),
  vision_config: z
    .object({ image_size: count.default(224), hidden_size: count.default(768) })
    .prefault({}),
});

/**
 * Logit scales at the end of training. config.json only has the scale at the beginning, unless the
 * model was fine-tuned by Diptych (`trained_logit_scale`).
 */
const trainedLogitScale = { clip: Math.log(100), siglip: Math.log(117.33) } as const;

/**
 * Describe a model from its config.json.
 *
 * @param id - name to use if the folder has none
 * @throws DiptychError unreadable_model, naming the key, what was expected and what was found
 */
export function describeModel(files: ModelFiles, id = basename(files.dir)): ModelDescription {
  const { config } = files;
  if ('diptych' in config) {
    const { diptych } = parse(ownSchema, files);
    return {
      id: diptych.modelId,
      family: 'diptych',
      embedDim: diptych.embedDim,
      imageSize: diptych.architecture.image.imageSize,
      contextLength: diptych.architecture.text.contextLength,
      logitScale: diptych.logitScale,
    };
  }
  switch (config.model_type) {
    case 'clip': {
      const clip = parse(clipSchema, files);
      return {
        id,
        family: 'clip',
        embedDim: clip.projection_dim,
        imageSize: clip.vision_config.image_size,
        contextLength: clip.text_config.max_position_embeddings,
        logitScale: clip.trained_logit_scale ?? trainedLogitScale.clip,
      };
    }
    case 'siglip': {
      const siglip = parse(siglipSchema, files);
      return {
        id,
        family: 'siglip',
        embedDim: siglip.vision_config.hidden_size,
        imageSize: siglip.vision_config.image_size,
        contextLength: siglip.text_config.max_position_embeddings,
        logitScale: siglip.trained_logit_scale ?? trainedLogitScale.siglip,
      };
    }
    default:
      throw new DiptychError(
        'unreadable_model',
        `${join(files.dir, 'config.json')}: expected a section "diptych" or a model_type of clip or siglip, got model_type ${JSON.stringify(config.model_type)}`,
      );
  }
}

function parse<T>(schema: z.ZodType<T>, files: ModelFiles): T {
  const result = schema.safeParse(files.config);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new DiptychError(
    'unreadable_model',
    `${join(files.dir, 'config.json')}: ${issue.path.join('.')}: ${issue.message}`,
  );
}
