/** Where the files of versions and models lie: a bucket, a store, a folder. */
export interface FileSource {
  /**
   * Whether a file is hashed even where its format has checksums of its own. An isolate leaves that
   * hash out: its CPU time is short and the format's own checksums are verified anyhow.
   */
  readonly hashesAll: boolean;
  /**
   * Open a file.
   *
   * @param key - where the file lies; errors name it
   * @returns null where there is no such file
   */
  open(key: string): Promise<OpenFile | null>;
}

/** A file whose content was not read yet. */
export interface OpenFile {
  /** Bytes that the source says the file has; `chunks` may end before or go on. */
  readonly size: number;
  /** The content in its order; a chunk is valid until the next one is asked for. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Let the file go, instead of reading `chunks`. */
  cancel?(): Promise<void>;
}
