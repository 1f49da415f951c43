/** The model that made an embedding. */
export interface EmbedderModel {
  readonly id: string;
  /** Hash of configuration, tokenizer and weights: 16 hex digits. */
  readonly hash: string;
  readonly embedDim: number;
}

/** An image as it was uploaded. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** The media type that the source declared. The bytes decide if it is another one. */
  readonly type: string;
}

/** An input without an embedding. The other inputs of the request have theirs. */
export interface EncodeFailure {
  readonly kind: 'image' | 'text';
  /** Position among the images or among the texts of the request. */
  readonly index: number;
  /** A code of `src/errors.ts`. A newer embedder may send a code that is unknown here. */
  readonly code: string;
  readonly message: string;
}

export interface EncodeAnswer {
  /** [images + texts, embedDim], unit vectors; a failed input has a row of zeros. */
  readonly embeddings: Float32Array<ArrayBuffer>;
  readonly failed: readonly EncodeFailure[];
  readonly model: EmbedderModel;
}

/** Something that embeds images and texts: a model in this process, or a service. */
export interface Embedder {
  describe(): Promise<EmbedderModel>;
  /**
   * Embed images and texts. A bad image or text does not stop the others: `failed` lists it.
   *
   * @throws DiptychError `embedder_unavailable` where a later try may succeed
   */
  encode(
    images: readonly EncodedImage[],
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<EncodeAnswer>;
}
