/** What tests in workerd get from Node, where the model and the index can be built. */
export interface EdgeFixture {
  /**
   * Objects of the bucket, base64 by key, of a tiny random model: collection `pictograms`, and
   * `sharded`, which is the same in 4 shards.
   */
  readonly objects: Readonly<Record<string, string>>;
  readonly version: string;
  readonly shardedVersion: string;
  readonly modelHash: string;
  /** Images to upload, base64 by name. */
  readonly uploads: Readonly<Record<string, string>>;
  /** Embeddings that the ONNX model makes of a text and of some uploads. */
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
