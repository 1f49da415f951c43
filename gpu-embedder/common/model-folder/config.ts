import { z } from 'zod';

const size = z.number().int().positive();

/** A residual CNN that opens with space-to-depth; see image-tower.ts. */
export const cnnConfigSchema = z.object({
  kind: z.literal('cnn'),
  imageSize: size,
  /** Side of the pixel blocks that the stem folds into channels. */
  stem: size,
  channels: z.array(size).min(1),
  /** Residual blocks of each stage. */
  blocks: z.array(size),
});

/** A vision transformer (arXiv:2010.11929) with mean pooling. */
export const vitConfigSchema = z.object({
  kind: z.literal('vit'),
  imageSize: size,
  patchSize: size,
  width: size,
  depth: size,
  heads: size,
  mlpRatio: size,
});

export const imageTowerConfigSchema = z.discriminatedUnion('kind', [
  cnnConfigSchema,
  vitConfigSchema,
]);

/** A pre-norm transformer encoder with masked mean pooling; token 0 is padding. */
export const textTowerConfigSchema = z.object({
  kind: z.literal('transformer'),
  vocabSize: size,
  contextLength: size,
  width: size,
  depth: size,
  heads: size,
  mlpRatio: size,
});

export const dualEncoderConfigSchema = z.object({
  embedDim: size,
  image: imageTowerConfigSchema,
  text: textTowerConfigSchema,
});

export type CnnConfig = z.infer<typeof cnnConfigSchema>;
export type VitConfig = z.infer<typeof vitConfigSchema>;
export type ImageTowerConfig = z.infer<typeof imageTowerConfigSchema>;
export type TextTowerConfig = z.infer<typeof textTowerConfigSchema>;
export type DualEncoderConfig = z.infer<typeof dualEncoderConfigSchema>;

/** How pixels enter the image tower: (x / 255 - mean) / std, per channel, RGB over white. */
export const pixelNormalisation = {
  // Pictograms stand on white: a mean of mid-grey would leave a constant in every feature.
  mean: [0.75, 0.75, 0.75],
  std: [0.3, 0.3, 0.3],
} as const;
