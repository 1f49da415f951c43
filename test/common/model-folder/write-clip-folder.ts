import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';

export const words = ['<s>', '</s>', '<pad>', '[UNK]', 'a', 'b', 'c', 'd'];
export const imageSize = 4;
export const contextLength = 5;

/**
 * Write a folder in the layout of CLIP or SigLIP exports, with towers that can be checked by hand:
 * a text becomes the counts of its tokens, an image its mean red, green and blue.
 */
export async function writeClipFolder(dir: string, family: 'clip' | 'siglip'): Promise<void> {
  await mkdir(join(dir, 'onnx'), { recursive: true });
  const write = (name: string, content: object | Uint8Array) =>
    writeFile(join(dir, name), content instanceof Uint8Array ? content : JSON.stringify(content));
  await write('onnx/text_model.onnx', textModel(family));
  await write('onnx/vision_model.onnx', visionModel(family));
  await write('config.json', {
    model_type: family,
    projection_dim: words.length,
    text_config: { max_position_embeddings: contextLength },
    vision_config: { image_size: imageSize, hidden_size: words.length },
  });
  const square = { height: imageSize, width: imageSize };
  await write('preprocessor_config.json', {
    image_processor_type: family === 'clip' ? 'CLIPImageProcessor' : 'SiglipImageProcessor',
    do_resize: true,
    size: family === 'clip' ? { shortest_edge: imageSize } : square,
    do_center_crop: family === 'clip',
    crop_size: square,
    do_normalize: false,
  });
  await write('tokenizer.json', tokenizer());
  await write('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: '<pad>',
    model_max_length: contextLength,
  });
}

function textModel(family: 'clip' | 'siglip'): Uint8Array {
  const g = new Graph();
  const dims = ['batch', 'sequence'];
  const ids = g.input('input_ids', [2, contextLength], 'int64', dims);
  const identity = words.flatMap((_, row) => words.map((_, column) => Number(row === column)));
  const table = g.constant(identity, [words.length, words.length]);
  let tokens: Value = op.Gather(g, table, ids);
  if (family === 'clip') {
    const mask = g.input('attention_mask', [2, contextLength], 'int64', dims);
    tokens = op.Mul(g, tokens, op.Unsqueeze(g, op.Cast(g, mask, 'float32'), [2]));
  }
  g.output(
    op.ReduceSum(g, tokens, [1], false),
    family === 'clip' ? 'text_embeds' : 'pooler_output',
  );
  return writeModel(g);
}

function visionModel(family: 'clip' | 'siglip'): Uint8Array {
  const g = new Graph();
  const pixels = g.input('pixel_values', [2, 3, imageSize, imageSize], 'float32', ['batch', 3, imageSize, imageSize]); // prettier-ignore
  const colours = op.ReduceMean(g, pixels, [2, 3], false);
  const spread = [0, 1, 2].flatMap((row) => words.map((_, column) => Number(row === column)));
  const embeds = op.MatMul(g, colours, g.constant(spread, [3, words.length]));
  g.output(embeds, family === 'clip' ? 'image_embeds' : 'pooler_output');
  return writeModel(g);
}

function tokenizer(): object {
  const special = { special: true, single_word: false, lstrip: false, rstrip: false };
  const at = (content: string) => ({
    id: content,
    ids: [words.indexOf(content)],
    tokens: [content],
  });
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: words
      .slice(0, 4)
      .map((content, id) => ({ id, content, ...special, normalized: false })),
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '<s>', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '</s>', type_id: 0 } },
      ],
      pair: [],
      special_tokens: { '<s>': at('<s>'), '</s>': at('</s>') },
    },
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
    },
  };
}
