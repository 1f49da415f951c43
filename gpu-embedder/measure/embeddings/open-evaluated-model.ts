import { loadModel } from '../../embed/load-model.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { loadEdgeModel } from '../../embed/load-edge-model.ts';
import type { SessionOptions } from '../../learn/onnx/session.ts';
import type { EvaluatedModel } from './gallery.ts';

/**
 * Open a model for evaluation.
 *
 * @param options - `edge`: use the int8 weights and kernels of the edge
 * @throws DiptychError `unreadable_model`
 */
export async function openEvaluatedModel(
  dirOrHubId: string,
  options: SessionOptions & { readonly edge?: boolean } = {},
): Promise<EvaluatedModel> {
  return options.edge === true
    ? loadEdgeModel(await modelDir(dirOrHubId))
    : loadModel(dirOrHubId, options);
}
