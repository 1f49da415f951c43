import { flawOfRow } from '../embedder/flaw-of-row.ts';
import { DiptychError } from '../errors.ts';
import type { Encoder } from '../http/api.ts';

/** A model that encodes queries. Its towers may run on any runtime, or in another place. */
export interface QueryModel extends QueryEncoders {
  readonly id: string;
  /** Hash of configuration, tokenizer and weights. */
  readonly hash: string;
  /** Side of its square images, pixels. */
  readonly imageSize: number;
  /** The exponential of logitScale. Cosines are multiplied by it before softmax. */
  readonly scale: number;
}

/**
 * The two sides of a model.
 *
 * They throw DiptychError: empty_query for a text without a word, no_embedding where the model answers
 * NaN, encoder_unavailable where nothing that could encode the query is there.
 */
export interface QueryEncoders {
  encodeText(text: string): Promise<EncodedText>;
  /** Encode several texts together, such as labels. @returns [embedDim] of each, L2-normalised */
  encodeTexts(texts: readonly string[]): Promise<readonly Float32Array[]>;
  /**
   * Encode an image.
   *
   * @param image - an encoded image, such as a PNG
   * @throws what `decodeImage` throws
   */
  encodeImage(image: Uint8Array<ArrayBuffer>, decodeImage: DecodeImage): Promise<Encoded>;
}

/**
 * Decodes an encoded image and scales it to a square: RGB8 [size, size, 3].
 *
 * @throws DiptychError unsupported_image, unreadable_image, payload_too_large
 */
export type DecodeImage = (image: Uint8Array<ArrayBuffer>, size: number) => Promise<Uint8Array>;

export interface Encoded {
  /** [embedDim], L2-normalised */
  readonly embedding: Float32Array;
  readonly encoder: Encoder;
}

export interface EncodedText extends Encoded {
  /** Whether the text had more tokens than the model reads. */
  readonly truncated: boolean;
}

/** Make the error for a text without a word. */
export function noWords(): DiptychError {
  return new DiptychError('empty_query', 'text: expected at least one word, got none');
}

/**
 * Refuse what a model answered where it is no embedding.
 *
 * @throws DiptychError empty_query for a text in which the model knows no word; no_embedding
 */
export function checkEmbedding(what: 'text' | 'image', embedding: Float32Array): Float32Array {
  const flaw = flawOfRow(embedding);
  if (flaw === null) return embedding;
  if (what === 'text' && flaw === 'only zeros') throw noWords();
  throw new DiptychError('no_embedding', `${what}: the model answered ${flaw}`);
}
