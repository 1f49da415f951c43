import { DiptychError } from '../errors.ts';
import { addScratch, createEncoderMemory, tensorAddresses } from './encoder-memory.ts';
import type { EncoderMemory, Room } from './encoder-memory.ts';
import { findLayer, normalised, panelLength } from './layer.ts';
import type { Layer } from './layer.ts';
import type { Product } from './product.ts';
import { multiply } from './product.ts';
import { readWeights } from './read-weights.ts';

/** Token ids to a unit embedding. */
export interface TextEncoder {
  readonly embedDim: number;
  readonly contextLength: number;
  /**
   * @param ids - 1 to `contextLength` ids; padding (id 0) at the end is ignored
   * @returns [embedDim], L2-normalised
   * @throws DiptychError `empty_query`, `bad_request`
   */
  encode(ids: ArrayLike<number>): Float32Array;
}

/**
 * Create the text tower: a pre-norm transformer (gpu-embedder/learn/model/text-tower.ts) over the tokens of one text.
 *
 * @param module - `encoder.wasm`
 * @throws DiptychError `unreadable_model`
 */
export function createTextEncoder(
  module: WebAssembly.Module,
  weights: ArrayBuffer | Uint8Array,
): TextEncoder {
  const memory = createEncoderMemory(module, weights.byteLength);
  memory.weights.set(weights instanceof Uint8Array ? weights : new Uint8Array(weights));
  return openTextEncoder(memory);
}

/** Open the text tower over a memory whose `weights` have been filled. */
export function openTextEncoder(memory: EncoderMemory): TextEncoder {
  const header = readWeights(memory.weights, 'text');
  const { vocabSize, contextLength, width, depth, heads, mlpRatio, embedDim } = header;
  const { kernel } = memory;
  const address = tensorAddresses(header);
  const layer = (name: string, from: number, to: number): Layer =>
    findLayer(address, name, from, to);
  const norm = (name: string): Norm => ({
    scale: address(`${name}.weight`, [width]),
    bias: address(`${name}.bias`, [width]),
  });
  const blocks = Array.from({ length: depth }, (_, i) => ({
    ln1: norm(`layers.${i}.ln1`),
    qkv: layer(`layers.${i}.attention.qkv`, width, 3 * width),
    out: layer(`layers.${i}.attention.out`, width, width),
    ln2: norm(`layers.${i}.ln2`),
    fc1: layer(`layers.${i}.mlp.fc1`, width, mlpRatio * width),
    fc2: layer(`layers.${i}.mlp.fc2`, mlpRatio * width, width),
  }));
  const finalNorm = norm('final_ln');
  const projection = layer('text_projection', width, embedDim);
  const tokensAt = address('token_embedding.weight', [vocabSize, width], 'int8');
  const tokenScaleAt = address('token_embedding.scale', [vocabSize]);
  const positionsAt = address('position_embedding.weight', [contextLength, width]);

  const room = addScratch(memory, {
    x: contextLength * width,
    normal: contextLength * width,
    qkv: contextLength * 3 * width,
    scores: contextLength,
    hidden: contextLength * mlpRatio * width,
    pooled: width,
    embedding: embedDim,
    panel: panelLength(header),
  });
  const { buffer } = memory.memory;
  const tokens = new Int8Array(buffer, tokensAt, vocabSize * width);
  const tokenScale = new Float32Array(buffer, tokenScaleAt, vocabSize);
  const positions = new Float32Array(buffer, positionsAt, contextLength * width);

  const normalise = (rows: number, { scale, bias }: Norm): void =>
    kernel.layerNorm(rows, width, room.x.at, scale, bias, room.normal.at);

  /** to = from x layer (+ to) (then relu), for the first `rows` rows. */
  function apply(rows: number, from: Room, layer: Layer, to: Room, mode: Mode = {}): void {
    multiply(kernel, {
      layer,
      rows,
      input: { at: from.at, row: 4 * layer.depth },
      output: { at: to.at, row: 4 * layer.columns },
      panelAt: room.panel.at,
      ...mode,
    });
  }

  return {
    embedDim,
    contextLength,
    encode(ids) {
      const rows = countTokens(ids, contextLength, vocabSize);
      for (let row = 0; row < rows; row++) {
        const id = ids[row]!;
        const [token, scale] = [id * width, tokenScale[id]!];
        for (let i = 0; i < width; i++) {
          const at = row * width + i;
          room.x.values[at] = scale * tokens[token + i]! + positions[at]!;
        }
      }
      for (const { ln1, qkv, out, ln2, fc1, fc2 } of blocks) {
        normalise(rows, ln1);
        apply(rows, room.normal, qkv, room.qkv);
        kernel.attention(rows, width, heads, room.qkv.at, room.scores.at, room.normal.at);
        apply(rows, room.normal, out, room.x, { accumulate: true });
        normalise(rows, ln2);
        apply(rows, room.normal, fc1, room.hidden, { relu: true });
        apply(rows, room.hidden, fc2, room.x, { accumulate: true });
      }
      normalise(rows, finalNorm);
      kernel.mean(1, rows, width, room.normal.at, 0, room.pooled.at);
      apply(1, room.pooled, projection, room.embedding);
      return normalised(room.embedding.values);
    },
  };
}

/** Addresses of a layer normalisation. */
interface Norm {
  readonly scale: number;
  readonly bias: number;
}

type Mode = Pick<Product, 'accumulate' | 'relu'>;

/** Count the tokens before the padding, after checking each. */
function countTokens(ids: ArrayLike<number>, contextLength: number, vocabSize: number): number {
  let rows = ids.length;
  while (rows > 0 && ids[rows - 1] === 0) rows--;
  if (rows === 0)
    throw new DiptychError('empty_query', 'text: expected at least 1 token, got none');
  if (rows > contextLength) {
    throw new DiptychError(
      'bad_request',
      `text: expected at most ${contextLength} token ids, got ${rows}`,
    );
  }
  for (let i = 0; i < rows; i++) {
    const id = ids[i]!;
    if (!Number.isInteger(id) || id < 1 || id >= vocabSize) {
      throw new DiptychError(
        'bad_request',
        `text: token id ${i}: expected 1 to ${vocabSize - 1}, got ${id}`,
      );
    }
  }
  return rows;
}
