/** A Vectorize index as `publish` uses it: the HTTP API, or a stand-in. */
export interface VectorizeUploader {
  /** Name of the index, for messages. */
  readonly name: string;
  describe(): Promise<{ readonly dimensions: number; readonly metric: string }>;
  /** Searches see the mutation `processedUpToMutation` and all mutations before it. */
  info(): Promise<{ readonly vectorCount: number; readonly processedUpToMutation: string | null }>;
  upsert(vectors: readonly UploadedVector[]): Promise<Mutation>;
  /** Return those of `ids` that can be found. */
  getByIds(ids: readonly string[]): Promise<readonly { readonly id: string }[]>;
  deleteByIds(ids: readonly string[]): Promise<Mutation>;
}

export interface UploadedVector {
  readonly id: string;
  readonly namespace: string;
  readonly values: readonly number[];
}

/** A change that Vectorize has accepted; searches see it later. */
export interface Mutation {
  readonly mutationId: string;
}
