import { DiptychError } from '../../src/errors.ts';
import { createImageEncoder } from '../../src/encoder/image-encoder.ts';
import { createTextEncoder } from '../../src/encoder/text-encoder.ts';
import type { EdgeTowers } from '../../src/search/edge-model.ts';
import type { TokenizerJson } from '../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../src/text/tokenizer.ts';
import type { ModelFiles } from '../common/model-folder/model-files.ts';
import { loadWasm } from '../common/wasm-modules.ts';
import type { DeriveWeights } from '../learn/model/edge-weights.ts';
import { openEdgeWeights } from '../learn/model/edge-weights.ts';

/**
 * Open the int8 towers of a model folder on the kernels of the edge.
 *
 * @throws DiptychError unreadable_model
 */
export async function openEdgeTowers({ dir, tokenizer }: ModelFiles): Promise<EdgeTowers> {
  const weights = await openEdgeWeights(dir);
  const { notUnderstood, description } = weights;
  const { contextLength } = description;
  // createTokenizer refuses what has not this shape.
  const json = tokenizer as unknown as TokenizerJson;
  return {
    tokenizer: createTokenizer(json, { contextLength }),
    text: once(async () =>
      createTextEncoder(loadWasm('encoder'), await derive(weights.text, notUnderstood.text)),
    ),
    image: once(async () =>
      createImageEncoder(loadWasm('encoder'), await derive(weights.image, notUnderstood.image)),
    ),
  };
}

function derive(weights: DeriveWeights | null, reason?: string): ReturnType<DeriveWeights> {
  if (weights) return weights();
  throw new DiptychError('unreadable_model', reason ?? 'the kernels cannot run this tower');
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
