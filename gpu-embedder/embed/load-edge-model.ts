import { DiptychError } from '../../src/errors.ts';
import type { ImageEncoder } from '../../src/encoder/image-encoder.ts';
import { decodeForModel } from '../common/images/decode-for-model.ts';
import { readImageRule } from '../common/model-folder/image-rule.ts';
import type { EmbeddingModel } from './load-model.ts';
import { describeModel } from '../common/model-folder/model-description.ts';
import { hashModel, readModelFiles } from '../common/model-folder/model-files.ts';
import { openEdgeTowers } from './edge-towers.ts';

/**
 * Load a model of ours as the edge runs it: its int8 weights on the WASM kernels, one text or image
 * at a time on one thread. Compare it with `loadModel` to see what the edge loses.
 *
 * @param modelDir - a folder; `embedPixels` of the model takes RGB alone
 * @throws DiptychError unreadable_model
 */
export async function loadEdgeModel(modelDir: string): Promise<EmbeddingModel> {
  const files = await readModelFiles(modelDir);
  const description = describeModel(files);
  const imageRule = readImageRule(files, description);
  const hash = await hashModel(files);
  const towers = await openEdgeTowers(files);
  const [text, image] = await Promise.all([towers.text(), towers.image()]);
  const { embedDim } = description;
  const encodeText = (words: string): Float32Array => {
    const { ids } = towers.tokenizer.encode(words);
    // A text without tokens has no direction. `loadModel` gives zeros as well.
    return ids.some((id) => id !== 0) ? text.encode(ids) : new Float32Array(embedDim);
  };
  return {
    ...description,
    hash,
    imageRule,
    embedTexts: async (texts) => rows(texts.map(encodeText), embedDim),
    embedPixels: async (pixels) => embedPixels(image, pixels),
    embedImages: async (images) => {
      const rgb = await Promise.all(images.map((bytes) => decodeForModel(bytes, imageRule)));
      return embedPixels(image, Buffer.concat(rgb));
    },
    dispose: async () => {},
  };
}

function embedPixels(image: ImageEncoder, pixels: Uint8Array | Float32Array): Float32Array {
  const { imageSize, embedDim } = image;
  const length = 3 * imageSize * imageSize;
  if (pixels instanceof Float32Array || pixels.length % length !== 0) {
    const got = `${pixels.length} ${pixels instanceof Float32Array ? 'floats' : 'bytes'}`;
    throw new DiptychError(
      'bad_request',
      `pixels: expected a multiple of 3 x ${imageSize} x ${imageSize} = ${length} bytes, got ${got}`,
    );
  }
  const count = pixels.length / length;
  const images = Array.from({ length: count }, (_, i) =>
    image.encode(pixels.subarray(i * length, (i + 1) * length)),
  );
  return rows(images, embedDim);
}

function rows(embeddings: readonly Float32Array[], embedDim: number): Float32Array {
  const all = new Float32Array(embeddings.length * embedDim);
  for (const [i, embedding] of embeddings.entries()) all.set(embedding, i * embedDim);
  return all;
}
