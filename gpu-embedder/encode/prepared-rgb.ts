import { overWhite } from '../../src/image/over-white.ts';
import type { PreparedDataset } from '../dataset/read-dataset.ts';
import type { ModelDescription } from './model-description.ts';

/**
 * Tell whether the pixels of a prepared data set are what the model takes: those of our models
 * are trained on them, another model has a rule of its own.
 */
export function takesPreparedPixels(
  { family, imageSize }: Pick<ModelDescription, 'family' | 'imageSize'>,
  { manifest }: PreparedDataset,
): boolean {
  return family === 'diptych' && imageSize === manifest.imageSize;
}

/**
 * Lay prepared pixels over white.
 *
 * @param rgba - RGBA8, alpha premultiplied
 * @returns RGB8
 */
export const preparedRgb = (rgba: Uint8Array): Uint8Array =>
  overWhite(rgba, { premultiplied: true });
