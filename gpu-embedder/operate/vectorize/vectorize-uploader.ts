/** What `publish` asks of a Vectorize index: its HTTP API, or a stand-in. */
export interface VectorizeUploader {
  /** Name of the index, for messages. */
  readonly name: string;
  describe(): Promise<{ readonly dimensions: number; readonly metric: string }>;
  /** `processedUpToMutation`: that one and all before it can be found. */
  info(): Promise<{ readonly vectorCount: number; readonly processedUpToMutation: string | null }>;
  upsert(vectors: readonly UploadedVector[]): Promise<Mutation>;
  /** Those of `ids` that can be found. */
  getByIds(ids: readonly string[]): Promise<readonly { readonly id: string }[]>;
  deleteByIds(ids: readonly string[]): Promise<Mutation>;
}

export interface UploadedVector {
  readonly id: string;
  readonly namespace: string;
  readonly values: readonly number[];
}

/** A change that was accepted; it can be found later. */
export interface Mutation {
  readonly mutationId: string;
}
