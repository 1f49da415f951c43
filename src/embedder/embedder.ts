/** The model that made an embedding. */
export interface EmbedderModel {
  readonly id: string;
  /** Of configuration, tokenizer and weights: 16 hex digits. */
  readonly hash: string;
  readonly embedDim: number;
}

/** An image as it was uploaded. */
export interface EncodedImage {
  readonly bytes: Uint8Array;
  /** Media type as its source told it; the bytes decide. */
  readonly type: string;
}

/** An input that got no embedding; the rest of its request did. */
export interface EncodeFailure {
  readonly kind: 'image' | 'text';
  /** Among the images or among the texts of the request. */
  readonly index: number;
  /** A code of `src/errors.ts`; one of a newer embedder may be unknown here. */
  readonly code: string;
  readonly message: string;
}

export interface EncodeAnswer {
  /** [images + texts, embedDim], unit vectors; what failed is a row of zeros. */
  readonly embeddings: Float32Array<ArrayBuffer>;
  readonly failed: readonly EncodeFailure[];
  readonly model: EmbedderModel;
}

/** Whatever embeds images and texts: a model in this process, or a service. */
export interface Embedder {
  describe(): Promise<EmbedderModel>;
  /**
   * One bad image or text never fails the others: it is told in `failed`.
   *
   * @throws DiptychError `embedder_unavailable` where another try may help
   */
  encode(
    images: readonly EncodedImage[],
    texts: readonly string[],
    signal?: AbortSignal,
  ): Promise<EncodeAnswer>;
}
