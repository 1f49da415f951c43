import { DiptychError } from '../../src/errors.ts';
import type { Session, SessionOptions } from '../learn/onnx/session.ts';
import { openSession, tensor } from '../learn/onnx/session.ts';
import { decodeForModel } from '../common/images/decode-for-model.ts';
import type { ImageRule } from '../common/model-folder/image-rule.ts';
import { readImageRule } from '../common/model-folder/image-rule.ts';
import type { ModelDescription } from '../common/model-folder/model-description.ts';
import { describeModel } from '../common/model-folder/model-description.ts';
import type { ModelFiles } from '../common/model-folder/model-files.ts';
import { modelDir } from '../common/model-folder/model-dir.ts';
import { hashModel, readModelFiles } from '../common/model-folder/model-files.ts';
import { normaliseRows } from './normalise-rows.ts';
import { pixelValues } from './pixel-values.ts';
import {
  createTextTokeniser,
  padTokenId,
  padTokens,
} from '../common/model-folder/tokenise-texts.ts';

/** Both towers of a model, ready to embed; all embeddings are L2-normalised. */
export interface EmbeddingModel extends ModelDescription {
  /** Hash of configuration, tokenizer and weights, see {@link hashModel}. */
  readonly hash: string;
  readonly imageRule: ImageRule;
  /** @returns [texts, embedDim] */
  embedTexts(texts: readonly string[]): Promise<Float32Array>;
  /**
   * @param pixels - RGB [batch, imageSize, imageSize, 3] as bytes, or normalised pixel_values
   *   [batch, 3, imageSize, imageSize] as floats
   * @returns [batch, embedDim]
   */
  embedPixels(pixels: Uint8Array | Float32Array): Promise<Float32Array>;
  /**
   * @param images - encoded images (PNG, JPEG, WebP, SVG, …)
   * @returns [images, embedDim]
   */
  embedImages(images: readonly Uint8Array[]): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** A model in this process, which can also count tokens. */
export interface LoadedModel extends EmbeddingModel {
  /** Count the tokens of each text as the text tower reads it, special tokens included. */
  countTokens(texts: readonly string[]): readonly number[];
}

/** Rows per run of the session: larger batches cost memory and are no faster on a CPU. */
const batchSize = { texts: 256, images: 64 } as const;

/**
 * Load a model: a folder in the transformers.js layout, or the id of one on the Hugging Face hub.
 *
 * @throws DiptychError unreadable_model
 * @example
 * const model = await loadModel('models/pictogram');
 * const query = await model.embedTexts(['a red heart']); // [1, embedDim]
 * const images = await model.embedImages([await readFile('heart.png')]); // [1, embedDim]
 * const cosine = query.reduce((sum, x, i) => sum + x * images[i], 0);
 * await model.dispose();
 */
export async function loadModel(
  dirOrHubId: string,
  options: SessionOptions = {},
): Promise<LoadedModel> {
  const dir = await modelDir(dirOrHubId);
  const files = await readModelFiles(dir);
  const description = describeModel(files, dir === dirOrHubId ? undefined : dirOrHubId);
  const imageRule = readImageRule(files, description);
  const hash = await hashModel(files);
  const embedTexts = await openTextTower(files, description, options);
  const vision = await openSession(files.visionModel, options).catch(async (error: unknown) => {
    await embedTexts.close();
    throw error;
  });
  const embedPixels = imageEmbedder(files, vision, description);
  return {
    ...description,
    hash,
    imageRule,
    embedTexts: embedTexts.embed,
    countTokens: embedTexts.countTokens,
    embedPixels: (pixels) =>
      embedPixels(pixels instanceof Float32Array ? pixels : pixelValues(pixels, imageRule)),
    embedImages: (images) =>
      inBatches(images, batchSize.images, description.embedDim, async (batch) => {
        const rgb = await Promise.all(batch.map((bytes) => decodeForModel(bytes, imageRule)));
        return embedPixels(pixelValues(Buffer.concat(rgb), imageRule));
      }),
    dispose: async () => {
      await Promise.all([embedTexts.close(), vision.close()]);
    },
  };
}

async function openTextTower(
  files: ModelFiles,
  model: ModelDescription,
  options: SessionOptions,
): Promise<
  Pick<LoadedModel, 'countTokens'> & {
    embed: EmbeddingModel['embedTexts'];
    close: Session['close'];
  }
> {
  const tokenise = createTextTokeniser(files, model);
  const padId = model.family === 'diptych' ? 0 : padTokenId(files);
  const session = await openSession(files.textModel, options);
  const output = outputName(session, ['text_embeds', 'pooler_output'], files.textModel);
  const { contextLength, embedDim } = model;
  const embed = (texts: readonly string[]) =>
    inBatches(texts, batchSize.texts, embedDim, async (batch) => {
      // SigLIP was trained on texts padded to the full length.
      const sequence = model.family === 'siglip' ? contextLength : undefined;
      const words = batch.map(tokenise);
      const tokens = padTokens(words, padId, sequence);
      const shape = [batch.length, tokens.sequence];
      const available = {
        input_ids: () => tensor(tokens.inputIds, shape, 'int64'),
        attention_mask: () => tensor(tokens.attentionMask, shape, 'int64'),
        position_ids: () => {
          const positions = tokens.inputIds.map((_, i) => BigInt(i % tokens.sequence));
          return tensor(positions, shape, 'int64');
        },
      };
      const feeds = session.inputNames.map((name) => {
        if (!(name in available)) throw unknownInput(files.textModel, name, available);
        return [name, available[name as keyof typeof available]()] as const;
      });
      const { [output]: embeds } = await session.run(Object.fromEntries(feeds), [output]);
      const rows = rowsOf(embeds.data, embeds.dims, embedDim, files.textModel, output);
      // The mean over no words is NaN. A text without a known word has zeros instead, as it has no
      // direction; NaN stays the mark of a model that fails.
      for (const [i, ids] of words.entries()) {
        if (ids.every((id) => id === padId)) rows.fill(0, i * embedDim, (i + 1) * embedDim);
      }
      return rows;
    });
  return {
    embed,
    countTokens: (texts) => texts.map((text) => tokenise(text).length),
    close: () => session.close(),
  };
}

function imageEmbedder(files: ModelFiles, session: Session, model: ModelDescription) {
  const output = outputName(session, ['image_embeds', 'pooler_output'], files.visionModel);
  const { imageSize, embedDim } = model;
  const imageLength = 3 * imageSize * imageSize;
  if (!session.inputNames.includes('pixel_values')) {
    throw unknownInput(files.visionModel, session.inputNames.join(', '), { pixel_values: null });
  }
  return async (values: Float32Array): Promise<Float32Array> => {
    if (values.length % imageLength !== 0) {
      throw new DiptychError(
        'bad_request',
        `pixels: expected a multiple of 3 x ${imageSize} x ${imageSize} = ${imageLength} values, got ${values.length}`,
      );
    }
    const count = values.length / imageLength;
    const all = new Float32Array(count * embedDim);
    for (let first = 0; first < count; first += batchSize.images) {
      const last = Math.min(count, first + batchSize.images);
      const batch = values.subarray(first * imageLength, last * imageLength);
      const feeds = {
        pixel_values: tensor(batch, [last - first, 3, imageSize, imageSize], 'float32'),
      };
      const { [output]: embeds } = await session.run(feeds, [output]);
      all.set(
        rowsOf(embeds.data, embeds.dims, embedDim, files.visionModel, output),
        first * embedDim,
      );
    }
    return all;
  };
}

/** Embed in batches; results have the order of the inputs. */
async function inBatches<T>(
  inputs: readonly T[],
  size: number,
  embedDim: number,
  embed: (batch: readonly T[]) => Promise<Float32Array>,
): Promise<Float32Array> {
  const all = new Float32Array(inputs.length * embedDim);
  for (let first = 0; first < inputs.length; first += size) {
    all.set(await embed(inputs.slice(first, first + size)), first * embedDim);
  }
  return all;
}

function rowsOf(
  data: unknown,
  dims: readonly number[],
  embedDim: number,
  path: string,
  output: string,
): Float32Array {
  if (!(data instanceof Float32Array) || dims.length !== 2 || dims[1] !== embedDim) {
    throw new DiptychError(
      'unreadable_model',
      `${path}: ${output}: expected float32 [batch, ${embedDim}], got [${dims.join(', ')}]`,
    );
  }
  return normaliseRows(data, embedDim);
}

function outputName(session: Session, names: readonly string[], path: string): string {
  const found = names.find((name) => session.outputNames.includes(name));
  if (found) return found;
  throw new DiptychError(
    'unreadable_model',
    `${path}: expected an output ${names.join(' or ')}, got ${session.outputNames.join(', ')}`,
  );
}

function unknownInput(path: string, name: string, known: object): DiptychError {
  const expected = Object.keys(known).join(', ');
  return new DiptychError(
    'unreadable_model',
    `${path}: expected inputs out of ${expected}, got ${name}`,
  );
}
