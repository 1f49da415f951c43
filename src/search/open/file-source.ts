/** A place with the files of versions and models: a bucket, a store or a folder. */
export interface FileSource {
  /**
   * Whether to check the SHA-256 of a file whose format has checksums of its own. An isolate does
   * not: its CPU time is limited, and the checksums of the format are always verified.
   */
  readonly hashesAll: boolean;
  /**
   * Open a file.
   *
   * @param key - the place of the file; errors name it
   * @returns null where there is no such file
   */
  open(key: string): Promise<OpenFile | null>;
}

/** An open file. Its content has not been read yet. */
export interface OpenFile {
  /** The size that the source states, bytes; `chunks` may still give fewer or more. */
  readonly size: number;
  /** The content in order. A chunk is valid until the next one is requested. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Close the file without reading `chunks`. */
  cancel?(): Promise<void>;
}
