import { DiptychError } from '../errors.ts';
import { addScratch, createEncoderMemory, tensorAddresses } from './encoder-memory.ts';
import type { EncoderMemory } from './encoder-memory.ts';
import { findLayer, findNorm, normalised } from './layer.ts';
import { createPrefixes } from './prefixes.ts';
import { multiply } from './product.ts';
import { readWeights } from './read-weights.ts';
import { openTransformer } from './transformer.ts';
import type { TextTowerHeader } from '../version/weights-format.ts';

/** Token ids to a unit embedding. */
export interface TextEncoder {
  readonly embedDim: number;
  readonly contextLength: number;
  /** Positions that all calls together have computed: those of a known prefix are not. */
  readonly computedPositions: number;
  /**
   * @param ids - 1 to `contextLength` ids, with those of start and end where the model has them. Of a
   *   model that pools by the mean, padding (id 0) at the end is ignored.
   * @returns [embedDim], L2-normalised
   * @throws DiptychError `empty_query`, `bad_request`
   */
  encode(ids: ArrayLike<number>): Float32Array;
}

/**
 * Create the text tower: a pre-norm transformer over the tokens of one text, of a model of ours
 * (gpu-embedder/learn/model/text-tower.ts), of CLIP (arXiv:2103.00020) or of SigLIP (arXiv:2303.15343).
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
  const { vocabSize, contextLength, width, embedDim, causal, pooling } = header;
  const { kernel } = memory;
  const address = tensorAddresses(header);
  const finalNorm = findNorm(address, 'final_ln', width);
  const projection = findLayer(address, 'text_projection', width, embedDim);
  const tokensAt = address('token_embedding.weight', [vocabSize, width], 'int8');
  const tokenScaleAt = address('token_embedding.scale', [vocabSize]);
  const positionsAt = address('position_embedding.weight', [contextLength, width]);

  const options = { positions: contextLength, causal };
  const { x, normal, quantised, normalise, run } = openTransformer(
    memory,
    address,
    header,
    options,
  );
  const prefixes = createPrefixes(memory, header);
  // The last scratch: views of the memory from here on stay valid.
  const { pooled, embedding } = addScratch(memory, { pooled: width, embedding: embedDim });
  const { buffer } = memory.memory;
  const rowsOfX = new Float32Array(buffer, x.at, contextLength * width);
  const tokens = new Int8Array(buffer, tokensAt, vocabSize * width);
  const tokenScale = new Float32Array(buffer, tokenScaleAt, vocabSize);
  const positions = new Float32Array(buffer, positionsAt, contextLength * width);
  let computed = 0;

  /** Write the tokens from position `known` on into the rows of x. */
  function embed(ids: readonly number[], known: number): void {
    for (let position = known; position < ids.length; position++) {
      const id = ids[position]!;
      const [token, scale] = [id * width, tokenScale[id]!];
      const [from, to] = [position * width, (position - known) * width];
      for (let i = 0; i < width; i++) {
        rowsOfX[to + i] = scale * tokens[token + i]! + positions[from + i]!;
      }
    }
  }

  return {
    embedDim,
    contextLength,
    get computedPositions() {
      return computed;
    },
    encode(given) {
      const { ids, row } = readIds(given, header);
      const { known, kept } = prefixes.take(ids);
      const count = ids.length - known;
      computed += count;
      embed(ids, known);
      run({ count, known, kept, pooled: row === null ? null : row - known });
      if (row === null) {
        normalise(finalNorm, 0, count);
        kernel.mean(1, count, width, normal.at, 0, pooled.at);
      } else {
        normalise(finalNorm, row - known, 1);
      }
      const input = pooling === 'mean' ? pooled : normal;
      multiply(kernel, { layer: projection, input, output: embedding, quantised });
      return normalised(embedding.values);
    },
  };
}

/** The tokens whose positions are computed, and the row to pool; null: the mean of all. */
interface Tokens {
  readonly ids: readonly number[];
  readonly row: number | null;
}

function readIds(given: ArrayLike<number>, header: TextTowerHeader): Tokens {
  const { contextLength, vocabSize, pooling, padding, end } = header;
  const ids = Array.from(given);
  // Of our models 0 is the padding; of CLIP it is a token.
  const smallest = pooling === 'mean' ? 1 : 0;
  if (pooling === 'mean') while (ids.at(-1) === 0) ids.pop();
  if (ids.length === 0) {
    throw new DiptychError('empty_query', 'text: expected at least 1 token, got none');
  }
  const refuse = (what: string, expected: string, got: number): never => {
    throw new DiptychError('bad_request', `text: ${what}expected ${expected}, got ${got}`);
  };
  if (ids.length > contextLength) refuse('', `at most ${contextLength} token ids`, ids.length);
  for (const [i, id] of ids.entries()) {
    if (!Number.isInteger(id) || id < smallest || id >= vocabSize) {
      refuse(`token id ${i}: `, `${smallest} to ${vocabSize - 1}`, id);
    }
  }
  const last = end === null ? ids.length - 1 : ids.indexOf(end);
  if (pooling === 'end') {
    if (last < 0) refuse('last token id: ', `the end token ${end}`, ids.at(-1)!);
    if (padding === null) ids.length = last + 1;
  }
  if (padding !== null) while (ids.length < contextLength) ids.push(padding);
  if (pooling === 'mean') return { ids, row: null };
  return { ids, row: pooling === 'end' ? last : ids.length - 1 };
}
