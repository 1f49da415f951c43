/** What the services ask of a Vectorize index: its binding in a worker, or a stand-in of its shape. */
export interface VectorizeBinding {
  describe(): Promise<{ readonly dimensions: number }>;
  query(
    vector: number[],
    options: {
      topK: number;
      namespace: string;
      returnValues: false;
      returnMetadata: 'none';
    },
  ): Promise<{ readonly matches: readonly { readonly id: string; readonly score: number }[] }>;
  /** Vectors that are there, in any order. */
  getByIds(
    ids: string[],
  ): Promise<readonly { readonly id: string; readonly values: ArrayLike<number> }[]>;
}
