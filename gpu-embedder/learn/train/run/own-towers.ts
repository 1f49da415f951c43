import type { DualEncoderConfig } from '../../../common/model-folder/config.ts';
import { imageFeatures, imageFeatureWidth, imageHead } from '../../model/image-tower.ts';
import { textFeatures, textHead } from '../../model/text-tower.ts';
import type { Tower } from '../../model/tower.ts';

/** The image tower of our architecture. @param imageSize - a CNN takes any */
export function ownImageTower(
  { image, embedDim }: DualEncoderConfig,
  imageSize = image.imageSize,
): Tower {
  return {
    modality: 'image',
    inputs: [{ name: 'pixels', shape: [3, imageSize, imageSize], dtype: 'float32' }],
    featureWidth: imageFeatureWidth(image),
    embedDim,
    features: (p, [pixels]) => imageFeatures(p, pixels, image),
    head: (p, features) => imageHead(p, features, embedDim),
  };
}

/** The text tower of our architecture. @param length - tokens that are read, at most its context */
export function ownTextTower(
  { text, embedDim }: DualEncoderConfig,
  length = text.contextLength,
): Tower {
  return {
    modality: 'text',
    inputs: [{ name: 'ids', shape: [Math.min(length, text.contextLength)], dtype: 'int32' }],
    featureWidth: text.width,
    embedDim,
    features: (p, [ids]) => textFeatures(p, ids, text),
    head: (p, features) => textHead(p, features, embedDim),
  };
}
