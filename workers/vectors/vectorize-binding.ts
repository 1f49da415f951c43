/** The methods of a Vectorize index that a search calls: a binding of a worker, or a stand-in. */
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
  /** Gives those of the vectors that exist, in any order. */
  getByIds(
    ids: string[],
  ): Promise<readonly { readonly id: string; readonly values: ArrayLike<number> }[]>;
}
