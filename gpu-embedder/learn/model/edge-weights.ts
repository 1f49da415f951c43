import { DiptychError } from '../../../src/errors.ts';
import { readPreprocessing } from '../../../src/image/preprocessing.ts';
import type { Preprocessing } from '../../../src/image/preprocessing.ts';
import { describeModel } from '../../common/model-folder/model-description.ts';
import { readModelFiles } from '../../common/model-folder/model-files.ts';
import { hubImageTower, hubTextTower } from './hub-edge-weights.ts';
import { ownImageTower, ownTextTower } from './own-edge-weights.ts';

/** What the edge must know of a model besides its weights and tokenizer. */
export interface EdgeModelDescription {
  readonly id: string;
  readonly embedDim: number;
  readonly imageSize: number;
  readonly contextLength: number;
  /** Log space. */
  readonly logitScale: number;
  readonly preprocessing: Preprocessing;
}

export interface EdgeWeights {
  /** Files of src/version/weights-format.ts. */
  readonly text: Uint8Array<ArrayBuffer>;
  readonly image: Uint8Array<ArrayBuffer>;
  readonly description: EdgeModelDescription;
}

/** Derives the weights of a tower: a file of src/version/weights-format.ts. */
export type DeriveWeights = () => Promise<Uint8Array<ArrayBuffer>>;

/** The weights of the towers that the kernels can run, each derived when it is asked for. */
export interface EdgeWeightSource {
  readonly description: EdgeModelDescription;
  /** Null if the kernels cannot run this tower. */
  readonly text: DeriveWeights | null;
  readonly image: DeriveWeights | null;
  /** For each tower that is null: the node of its ONNX file that was not understood. */
  readonly notUnderstood: { readonly text?: string; readonly image?: string };
}

/**
 * Derive the weights for the edge kernels from a model folder.
 *
 * @throws DiptychError `unreadable_model`: damaged, or the kernels cannot run both towers
 */
export async function edgeWeights(modelDir: string): Promise<EdgeWeights> {
  const { text, image, notUnderstood, description } = await openEdgeWeights(modelDir);
  if (!text || !image) {
    const reasons = [notUnderstood.text, notUnderstood.image].filter((one) => one !== undefined);
    throw new DiptychError('unreadable_model', reasons.join('; '));
  }
  return { text: await text(), image: await image(), description };
}

/**
 * Prepare to derive the weights of a model folder.
 *
 * @throws DiptychError `unreadable_model`: a file is missing or damaged
 */
export async function openEdgeWeights(modelDir: string): Promise<EdgeWeightSource> {
  const files = await readModelFiles(modelDir);
  const { id, family, embedDim, imageSize, contextLength, logitScale } = describeModel(files);
  const preprocessing = readPreprocessing(files.preprocessor);
  const description = { id, embedDim, imageSize, contextLength, logitScale, preprocessing };
  const isOurs = family === 'diptych';
  const text = await (isOurs ? ownTextTower : hubTextTower)(files, description);
  const image = await (isOurs ? ownImageTower : hubImageTower)(files, description);
  return {
    description,
    text: typeof text === 'string' ? null : text,
    image: typeof image === 'string' ? null : image,
    notUnderstood: {
      ...(typeof text === 'string' ? { text } : {}),
      ...(typeof image === 'string' ? { image } : {}),
    },
  };
}
