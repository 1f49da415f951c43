import { readPreprocessing } from '../../../src/image/preprocessing.ts';
import type { Preprocessing } from '../../../src/image/preprocessing.ts';
import type { ModelDescription } from './model-description.ts';
import type { ModelFiles } from './model-files.ts';

/** How an image becomes the pixels of a model. It is plain data, so that threads can receive it. */
export interface ImageRule {
  /** Side of the square result, pixels. */
  readonly imageSize: number;
  /**
   * Whether the whole image is centred in a white square, as the edge does for Diptych's own
   * models. Other models resize and crop as `preprocessing` says.
   */
  readonly contain: boolean;
  readonly preprocessing: Preprocessing;
}

/**
 * Read the image rule of a model.
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
