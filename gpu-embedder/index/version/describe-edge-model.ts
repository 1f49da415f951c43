import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../../src/version/manifest.ts';
import type { LoadedSizes } from '../../../src/search/open/memory-budget.ts';
import { DiptychError } from '../../../src/errors.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { hashModel, readModelFiles } from '../../common/model-folder/model-files.ts';
import { edgeWeights } from '../../learn/model/edge-weights.ts';

/**
 * Describe the model that made the embeddings, and how many bytes it loads at the edge.
 *
 * @param dirOrHubId - its folder, or its id on the hub
 * @param expected - id and hash that the embeddings name
 * @throws DiptychError model_mismatch when the folder holds another model
 */
export async function describeEdgeModel(
  dirOrHubId: string,
  expected: { readonly id: string; readonly hash: string },
): Promise<{ readonly model: Manifest['model']; readonly sizes: LoadedSizes['model'] }> {
  const dir = await modelDir(dirOrHubId);
  const files = await readModelFiles(dir);
  const hash = await hashModel(files);
  if (hash !== expected.hash) {
    throw new DiptychError(
      'model_mismatch',
      `${dirOrHubId}: expected model ${expected.id} (${expected.hash}) that made the embeddings, got ${hash}`,
      { expected: expected.hash, got: hash },
    );
  }
  const { family, embedDim, imageSize, contextLength, logitScale } = describeModel(files);
  const model = { id: expected.id, hash, embedDim, imageSize, contextLength, logitScale };
  // Models of other families are too large for an isolate, so the embedder's service encodes.
  if (family !== 'diptych') return { model, sizes: null };
  const weights = await edgeWeights(dir);
  const tokenizer = await stat(join(dir, 'tokenizer.json'));
  const sizes = {
    textWeights: weights.text.byteLength,
    imageWeights: weights.image.byteLength,
    tokenizer: tokenizer.size,
  };
  return { model, sizes };
}
