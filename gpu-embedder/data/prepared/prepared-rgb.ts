import { isDeepStrictEqual } from 'node:util';
import { overWhite } from '../../../src/image/over-white.ts';
import { storedRule } from './image-fit.ts';
import type { PreparedDataset } from './read-dataset.ts';
import type { ImageRule } from '../../common/model-folder/image-rule.ts';

/** Tell whether the prepared pixels of a data set already fit the model. */
export function takesPreparedPixels(
  { imageRule }: { readonly imageRule: ImageRule },
  { manifest }: PreparedDataset,
): boolean {
  return (
    imageRule.imageSize === manifest.imageSize &&
    isDeepStrictEqual(storedRule(imageRule), manifest.imageRule)
  );
}

/**
 * Lay prepared pixels over white.
 *
 * @param rgba - RGBA8, alpha premultiplied
 * @returns RGB8
 */
export const preparedRgb = (rgba: Uint8Array): Uint8Array =>
  overWhite(rgba, { premultiplied: true });
