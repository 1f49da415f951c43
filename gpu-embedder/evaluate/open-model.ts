import { loadModel } from '../encode/load-model.ts';
import { modelDir } from '../encode/model-dir.ts';
import { loadEdgeModel } from '../model/edge-model.ts';
import type { SessionOptions } from '../onnx/session.ts';
import type { EvaluatedModel } from './gallery.ts';

/**
 * Open a model for evaluation.
 *
 * @param options - `edge`: use the int8 weights and kernels of the edge
 * @throws DiptychError `unreadable_model`
 */
export async function openModel(
  dirOrHubId: string,
  options: SessionOptions & { readonly edge?: boolean } = {},
): Promise<EvaluatedModel> {
  return options.edge === true
    ? loadEdgeModel(await modelDir(dirOrHubId))
    : loadModel(dirOrHubId, options);
}
