/** What the services read published artifacts from: an R2Bucket, or a stand-in of its shape. */
export interface ArtifactBucket {
  get(
    key: string,
    options?: { range: { offset: number; length: number } },
  ): Promise<StoredObject | null>;
  list(options: { prefix: string; delimiter: string; cursor?: string }): Promise<StoredKeys>;
}

export interface StoredObject {
  /** Bytes of the whole object, as its writer says; `body` may end before or after. */
  readonly size: number;
  /** The object, or the range of it that was asked for. */
  readonly body: ReadableStream;
  text(): Promise<string>;
}

export type StoredKeys = { readonly delimitedPrefixes: string[] } & (
  { readonly truncated: false } | { readonly truncated: true; readonly cursor: string }
);
