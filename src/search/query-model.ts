import { flawOfRow } from '../embedder/flaw-of-row.ts';
import { DiptychError } from '../errors.ts';

/** A model that encodes queries. Its towers may run on any runtime. */
export interface QueryModel {
  readonly id: string;
  /** Hash of configuration, tokenizer and weights. */
  readonly hash: string;
  /** Side of its square images, pixels. */
  readonly imageSize: number;
  /** The exponential of logitScale. Cosines are multiplied by it before softmax. */
  readonly scale: number;
  /** Encode a text. @throws DiptychError empty_query for a text without a word; no_embedding */
  encodeText(text: string): Promise<EncodedText>;
  /**
   * Encode an image.
   *
   * @param pixels - RGB8 [imageSize, imageSize, 3]
   * @returns [embedDim], L2-normalised
   * @throws DiptychError no_embedding
   */
  encodeImage(pixels: Uint8Array): Promise<Float32Array>;
}

export interface EncodedText {
  /** [embedDim], L2-normalised */
  readonly embedding: Float32Array;
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
