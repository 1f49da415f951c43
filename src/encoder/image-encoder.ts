import { DiptychError } from '../errors.ts';
import { openCnnEncoder } from './cnn-encoder.ts';
import { createEncoderMemory } from './encoder-memory.ts';
import type { EncoderMemory } from './encoder-memory.ts';
import { readWeights } from './read-weights.ts';
import { openVitEncoder } from './vit-encoder.ts';

/** Pixels to a unit embedding. */
export interface ImageEncoder {
  readonly embedDim: number;
  /** Side of the image, pixels. */
  readonly imageSize: number;
  /**
   * @param pixels - RGB8 over white, [imageSize, imageSize, 3]
   * @returns [embedDim], L2-normalised
   * @throws DiptychError `bad_request`
   */
  encode(pixels: Uint8Array): Float32Array;
}

/**
 * Create the image tower of a weights file, a CNN or a vision transformer.
 *
 * @param module - `encoder.wasm`
 * @throws DiptychError `unreadable_model`
 */
export function createImageEncoder(
  module: WebAssembly.Module,
  weights: ArrayBuffer | Uint8Array,
): ImageEncoder {
  const memory = createEncoderMemory(module, weights.byteLength);
  memory.weights.set(weights instanceof Uint8Array ? weights : new Uint8Array(weights));
  return openImageEncoder(memory);
}

/** Open the image tower over a memory whose `weights` have been filled. */
export function openImageEncoder(memory: EncoderMemory): ImageEncoder {
  const header = readWeights(memory.weights, 'image');
  const { embedDim, imageSize } = header;
  const encode =
    header.kind === 'cnn' ? openCnnEncoder(memory, header) : openVitEncoder(memory, header);
  return {
    embedDim,
    imageSize,
    encode(pixels) {
      const expected = imageSize * imageSize * 3;
      if (pixels.length !== expected) {
        throw new DiptychError(
          'bad_request',
          `image: expected ${expected} bytes (${imageSize} x ${imageSize} RGB), got ${pixels.length}`,
        );
      }
      return encode(pixels);
    },
  };
}
