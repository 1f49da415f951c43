import { describeImage } from '../../../src/image/describe-image.ts';
import { queryFormatOf } from '../../../src/image/image-format.ts';
import { edgeImageEncoders, edgeTextEncoders } from '../../../src/search/edge-model.ts';
import {
  checkEmbedding,
  noWords,
  type DecodeImage,
  type QueryEncoders,
  type QueryModel,
} from '../../../src/search/query-model.ts';
import { readImageRule, type ImageRule } from '../../common/model-folder/image-rule.ts';
import {
  describeModel,
  type ModelDescription,
} from '../../common/model-folder/model-description.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import {
  hashModel,
  readModelFiles,
  type ModelFiles,
} from '../../common/model-folder/model-files.ts';
import { openEdgeTowers } from '../../embed/edge-towers.ts';

/** A model on this machine that encodes queries. */
export interface LocalModel extends QueryModel {
  readonly decodeImage: DecodeImage;
  dispose(): Promise<void>;
}

/**
 * Open a model for queries: with the kernels of the edge, or with its ONNX towers if the caller asks
 * for them (`precise`) or the edge has no kernels for it.
 *
 * @param dirOrHubId - its folder, or its id on the hub
 * @throws DiptychError unreadable_model
 */
export async function openLocalModel(
  dirOrHubId: string,
  { precise = false }: { readonly precise?: boolean } = {},
): Promise<LocalModel> {
  const dir = await modelDir(dirOrHubId);
  const files = await readModelFiles(dir);
  const description = describeModel(files, dir === dirOrHubId ? undefined : dirOrHubId);
  const { id, imageSize, logitScale, family } = description;
  const identity = { id, hash: await hashModel(files), imageSize, scale: Math.exp(logitScale) };
  const decodeImage = imageDecoder(readImageRule(files, description));
  if (family === 'diptych' && !precise) {
    const towers = await openEdgeTowers(files);
    const encoders = { ...edgeTextEncoders(towers), ...edgeImageEncoders(identity, towers) };
    return { ...identity, ...encoders, decodeImage, dispose: async () => {} };
  }
  return {
    ...identity,
    decodeImage,
    ...(await openOnnxTowers(files, description)),
  };
}

function imageDecoder(rule: ImageRule): DecodeImage {
  return async (image, size) => {
    // These load a native module, and a text query does not have to wait for it.
    const [{ decodeQueryImage }, { decodeForModel }] = await Promise.all([
      import('./decode-query-image.ts'),
      import('../../common/images/decode-for-model.ts'),
    ]);
    // This refuses what is no image, and names it.
    describeImage(image);
    return rule.contain && queryFormatOf(image)
      ? decodeQueryImage(image, size)
      : decodeForModel(image, rule);
  };
}

async function openOnnxTowers(
  files: ModelFiles,
  description: ModelDescription,
): Promise<QueryEncoders & Pick<LocalModel, 'dispose'>> {
  const [{ loadModel }, { createTextTokeniser }] = await Promise.all([
    import('../../embed/load-model.ts'),
    import('../../common/model-folder/tokenise-texts.ts'),
  ]);
  const model = await loadModel(files.dir);
  const tokenise = createTextTokeniser(files, { ...description, contextLength: Infinity });
  const { contextLength, imageSize } = description;
  async function encodeText(text: string) {
    const tokens = tokenise(text.trim()).length;
    if (tokens === 0) throw noWords();
    const embedding = checkEmbedding('text', await model.embedTexts([text.trim()]));
    return { embedding, truncated: tokens > contextLength, encoder: 'onnx' as const };
  }
  return {
    encodeText,
    encodeTexts: async (texts) => {
      const encoded = [];
      for (const text of texts) encoded.push((await encodeText(text)).embedding);
      return encoded;
    },
    async encodeImage(image, decodeImage) {
      const pixels = await decodeImage(image, imageSize);
      const embedding = checkEmbedding('image', await model.embedPixels(pixels));
      return { embedding, encoder: 'onnx' };
    },
    dispose: () => model.dispose(),
  };
}
