import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Graph } from '../onnx/graph.ts';
import { writeModel } from '../onnx/model-proto.ts';
import type { DualEncoderConfig } from '../../common/model-folder/config.ts';
import { pixelNormalisation } from '../../common/model-folder/config.ts';
import { imageTower } from './image-tower.ts';
import { StoredParameters } from './parameters.ts';
import { textTower } from './text-tower.ts';
import type { TokenizerJson } from './tokenizer-trainer.ts';
import { tokenizerFiles } from './tokenizer-trainer.ts';

export interface ExportedModel {
  /** Name of the model in manifests and responses. */
  readonly modelId: string;
  readonly config: DualEncoderConfig;
  /** Inference weights by name, see fold.ts. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** Log space. */
  readonly logitScale: number;
  readonly tokenizer: TokenizerJson;
}

/** Write a model folder in the transformers.js layout. `dir` is replaced only by a complete folder. */
export async function exportModel(dir: string, model: ExportedModel): Promise<void> {
  const partial = `${dir}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(join(partial, 'onnx'), { recursive: true });
  const { config, weights, tokenizer } = model;
  const write = (name: string, content: string | Uint8Array) =>
    writeFile(join(partial, name), content);
  await write('onnx/vision_model.onnx', visionModel(config, weights));
  await write('onnx/text_model.onnx', textModel(config, weights));
  await write('config.json', json(modelConfig(model)));
  await write('preprocessor_config.json', json(preprocessorConfig(config.image.imageSize)));
  const files = tokenizerFiles(tokenizer, { contextLength: config.text.contextLength });
  for (const [name, content] of Object.entries(files)) await write(name, content);
  await rm(dir, { recursive: true, force: true });
  await rename(partial, dir);
}

const json = (value: unknown) => JSON.stringify(value, null, 2) + '\n';

/** pixel_values [batch, 3, S, S] -> image_embeds [batch, embedDim]. */
function visionModel(
  config: DualEncoderConfig,
  weights: ReadonlyMap<string, Float32Array>,
): Uint8Array {
  const g = new Graph();
  const size = config.image.imageSize;
  // The two stands for any batch size. A one would be mistaken for a broadcast axis.
  const pixels = g.input('pixel_values', [2, 3, size, size], 'float32', ['batch', 3, size, size]);
  const embeds = imageTower(
    new StoredParameters(g, weights),
    pixels,
    config.image,
    config.embedDim,
  );
  g.output(embeds, 'image_embeds', ['batch', config.embedDim]);
  return writeModel(g);
}

/** input_ids [batch, sequence] -> text_embeds [batch, embedDim]. */
function textModel(
  config: DualEncoderConfig,
  weights: ReadonlyMap<string, Float32Array>,
): Uint8Array {
  const g = new Graph();
  const ids = g.input('input_ids', [2, config.text.contextLength], 'int64', ['batch', 'sequence']);
  const embeds = textTower(new StoredParameters(g, weights), ids, config.text, config.embedDim);
  g.output(embeds, 'text_embeds', ['batch', config.embedDim]);
  return writeModel(g);
}

function modelConfig({ config, modelId, logitScale }: ExportedModel): object {
  const { text, image, embedDim } = config;
  return {
    model_type: 'clip',
    architectures: ['CLIPModel'],
    projection_dim: embedDim,
    logit_scale_init_value: logitScale,
    text_config: {
      model_type: 'clip_text_model',
      hidden_size: text.width,
      num_hidden_layers: text.depth,
      num_attention_heads: text.heads,
      intermediate_size: text.width * text.mlpRatio,
      vocab_size: text.vocabSize,
      max_position_embeddings: text.contextLength,
      pad_token_id: 0,
      projection_dim: embedDim,
    },
    vision_config: {
      model_type: 'clip_vision_model',
      image_size: image.imageSize,
      patch_size: image.kind === 'cnn' ? image.stem : image.patchSize,
      projection_dim: embedDim,
    },
    diptych: { modelId, embedDim, logitScale, architecture: { image, text } },
  };
}

function preprocessorConfig(imageSize: number): object {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { height: imageSize, width: imageSize },
    resample: 3,
    do_center_crop: false,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: pixelNormalisation.mean,
    image_std: pixelNormalisation.std,
  };
}
