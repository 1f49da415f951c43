/** Data for tests in workerd. It is made in Node, because workerd cannot build models or indexes. */
export interface EdgeFixture {
  /**
   * Objects of the bucket, base64 by key, made with a tiny random model: the collection `pictograms`,
   * and `sharded` with the same items in 4 shards.
   */
  readonly objects: Readonly<Record<string, string>>;
  readonly version: string;
  readonly shardedVersion: string;
  readonly modelHash: string;
  /** Images to upload, base64 by name. */
  readonly uploads: Readonly<Record<string, string>>;
  /** Embeddings of a text and of some uploads, by the ONNX model. */
  readonly onnx: {
    readonly text: string;
    readonly textEmbedding: readonly number[];
    readonly images: Readonly<Record<string, readonly number[]>>;
  };
}

declare module 'vitest' {
  interface ProvidedContext {
    edge: EdgeFixture;
  }
}
