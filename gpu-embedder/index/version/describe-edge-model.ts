import type { Manifest } from '../../../src/version/manifest.ts';
import type { LoadedSizes } from '../../../src/search/open/memory-budget.ts';
import { DiptychError } from '../../../src/errors.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import {
  hashModel,
  readModelFiles,
  type ModelFiles,
} from '../../common/model-folder/model-files.ts';
import { edgeFiles } from './edge-files.ts';

/**
 * Describe the model that made the embeddings, and how many bytes it loads at the edge: `sizes` derives
 * its weights, which takes seconds for a CLIP, so call it only where a version is built.
 *
 * @param dirOrHubId - its folder, or its id on the hub
 * @param expected - id and hash that the embeddings name
 * @throws DiptychError model_mismatch when the folder holds another model
 */
export async function describeEdgeModel(
  dirOrHubId: string,
  expected: { readonly id: string; readonly hash: string },
): Promise<{
  readonly model: Manifest['model'];
  sizes(): Promise<LoadedSizes['model']>;
}> {
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
  const { embedDim, imageSize, contextLength, logitScale } = describeModel(files);
  const model = { id: expected.id, hash, embedDim, imageSize, contextLength, logitScale };
  return { model, sizes: () => edgeSizes(files) };
}

async function edgeSizes(files: ModelFiles): Promise<LoadedSizes['model']> {
  const loaded = await edgeFiles(files);
  return (
    loaded && {
      textWeights: loaded['text.bin'].byteLength,
      imageWeights: loaded['image.bin']?.byteLength ?? 0,
      tokenizer: loaded['tokenizer.json'].byteLength,
    }
  );
}
