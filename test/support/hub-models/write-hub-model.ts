import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { trainTokenizer } from '../../../gpu-embedder/learn/model/tokenizer-trainer.ts';
import { clipText, clipVision } from './clip-towers.ts';
import type { HubModelSizes } from './hub-model-sizes.ts';
import { openClipText } from './open-clip-text.ts';
import { siglipText, siglipVision } from './siglip-towers.ts';
import { inAnotherFile, inHalfPrecision, inUint8 } from './store-weights.ts';
import { erfGelu, quickGelu, tanhGelu } from './transformer-layer.ts';

const words = [
  'a photo of a red circle',
  'a photo of a blue square',
  'green triangle',
  'dog',
  'cat',
];

export interface HubModelOptions {
  /** Of a CLIP: that of OpenAI, or that of LAION and DataComp. */
  readonly activation?: 'quick-gelu' | 'gelu';
  /** Who wrote the text tower of a CLIP; without a causal mask it is that of MobileCLIP2. */
  readonly exporter?: 'transformers' | 'open_clip' | 'open_clip without mask';
  /** How the files hold the weights; `external` has them in `…onnx_data`. */
  readonly storage?: 'fp32' | 'fp16' | 'uint8' | 'external';
}

/**
 * Write a tiny CLIP or SigLIP with random weights in the layout and operators of the Hugging Face
 * hub (transformers.js): 2 layers of width 32, images of 32 px, 16 tokens.
 */
export async function writeHubModel(
  dir: string,
  family: 'clip' | 'siglip',
  { activation = 'quick-gelu', exporter = 'transformers', storage = 'fp32' }: HubModelOptions = {},
): Promise<void> {
  const { tokenizer, vocabSize, endId } = hubTokenizer();
  const sizes: HubModelSizes = {
    vocabSize,
    contextLength: 16,
    imageSize: 32,
    embedDim: family === 'clip' ? 24 : 32,
    layers: 2,
    activation:
      family === 'siglip' ? tanhGelu : { 'quick-gelu': quickGelu, gelu: erfGelu }[activation],
  };
  const [text, vision] = family === 'clip' ? [clipText, clipVision] : [siglipText, siglipVision];
  const textModel =
    exporter === 'transformers'
      ? text(sizes)
      : openClipText(sizes, { causal: exporter === 'open_clip' });
  await mkdir(join(dir, 'onnx'), { recursive: true });
  await writeTower(join(dir, 'onnx'), 'text_model', textModel, storage);
  await writeTower(join(dir, 'onnx'), 'vision_model', vision(sizes), storage);
  const json = (name: string, content: object) =>
    writeFile(join(dir, name), JSON.stringify(content, null, 2));
  const shared = { hidden_size: 32, intermediate_size: 64, num_attention_heads: 2, num_hidden_layers: 2 }; // prettier-ignore
  await json('config.json', {
    model_type: family,
    ...(family === 'clip' ? { projection_dim: sizes.embedDim } : {}),
    text_config: {
      ...shared,
      vocab_size: vocabSize,
      max_position_embeddings: sizes.contextLength,
      eos_token_id: endId,
    },
    vision_config: { ...shared, image_size: sizes.imageSize, patch_size: 8 },
  });
  const square = { height: sizes.imageSize, width: sizes.imageSize };
  await json('preprocessor_config.json', {
    image_processor_type: family === 'clip' ? 'CLIPImageProcessor' : 'SiglipImageProcessor',
    do_resize: true,
    size: family === 'clip' ? { shortest_edge: sizes.imageSize } : square,
    resample: 3,
    do_center_crop: family === 'clip',
    crop_size: square,
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean: [0.5, 0.5, 0.5],
    image_std: [0.5, 0.5, 0.5],
  });
  await json('tokenizer.json', tokenizer);
  await json('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: endToken,
    model_max_length: sizes.contextLength,
  });
}

async function writeTower(
  dir: string,
  name: string,
  bytes: Uint8Array,
  storage: NonNullable<HubModelOptions['storage']>,
): Promise<void> {
  if (storage === 'external') {
    const location = `${name}.onnx_data`;
    const { model, data } = inAnotherFile(bytes, location);
    await writeFile(join(dir, location), data);
    return writeFile(join(dir, `${name}.onnx`), model);
  }
  if (storage === 'fp16') return writeFile(join(dir, `${name}_fp16.onnx`), inHalfPrecision(bytes));
  const isInteger = storage === 'uint8';
  const file = join(dir, isInteger ? `${name}_quantized.onnx` : `${name}.onnx`);
  return writeFile(file, isInteger ? inUint8(bytes) : bytes);
}

const startToken = '<|startoftext|>';
const endToken = '<|endoftext|>';

/** Make a byte-level BPE that puts CLIP's tokens around a text; the end token has the highest id. */
function hubTokenizer(): { tokenizer: object; vocabSize: number; endId: number } {
  const plain = trainTokenizer(
    words.map((text) => ({ text })),
    { vocabSize: 300 },
  );
  const count = Object.keys(plain.model.vocab).length;
  const added = [startToken, endToken].map((content, i) => ({
    ...plain.added_tokens[0],
    id: count + i,
    content,
  }));
  const special = added.map(({ id, content }) => [content, { id: content, ids: [id], tokens: [content] }]); // prettier-ignore
  const tokenizer = {
    ...plain,
    added_tokens: [...plain.added_tokens, ...added],
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: startToken, type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: endToken, type_id: 0 } },
      ],
      pair: [],
      special_tokens: Object.fromEntries(special),
    },
    model: {
      ...plain.model,
      vocab: { ...plain.model.vocab, ...Object.fromEntries(added.map(({ content, id }) => [content, id])) }, // prettier-ignore
    },
  };
  return { tokenizer, vocabSize: count + 2, endId: count + 1 };
}
