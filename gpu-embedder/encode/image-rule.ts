import { readPreprocessing } from '../../src/image/preprocessing.ts';
import type { Preprocessing } from '../../src/image/preprocessing.ts';
import type { ModelDescription } from './model-description.ts';
import type { ModelFiles } from './model-files.ts';

/** How an image becomes the pixels of a model: plain data, so that it travels to threads. */
export interface ImageRule {
  /** Side of the square result, pixels. */
  readonly imageSize: number;
  /**
   * The whole image in the middle of a white square, as the edge does it for models of ours;
   * others are resized and cropped as their preprocessing says.
   */
  readonly contain: boolean;
  readonly preprocessing: Preprocessing;
}

/**
 * Read the rule of a model.
 *
 * @throws DiptychError unreadable_model
 */
export function readImageRule(
  { preprocessor }: ModelFiles,
  { imageSize, family }: Pick<ModelDescription, 'imageSize' | 'family'>,
): ImageRule {
  const preprocessing = readPreprocessing(preprocessor);
  return { imageSize, contain: family === 'diptych', preprocessing };
}
