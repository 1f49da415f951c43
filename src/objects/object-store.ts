/**
 * Where everything lies that is not a row of the catalogue: published versions and models, packs of
 * images and of embeddings, the pages of jobs. Flat keys, whole objects; keys as `checkKey` takes them.
 */
export interface ObjectStore {
  /**
   * Read an object, or a part of it.
   *
   * @returns null where there is none
   * @throws DiptychError range_not_satisfiable when the object ends before the range
   */
  get(key: string, options?: { readonly range?: ByteRange }): Promise<Uint8Array | null>;
  head(key: string): Promise<ObjectInfo | null>;
  /**
   * Write an object; readers see the old one or the new one, never a part. A key that is written on
   * an etag should be written in no other way.
   *
   * @returns null when the condition does not hold, and nothing was written
   */
  put(
    key: string,
    bytes: Uint8Array,
    condition?: PutCondition,
  ): Promise<{ readonly etag: string } | null>;
  /** All objects whose keys begin with a prefix, by key. */
  list(prefix: string): Promise<readonly ObjectEntry[]>;
  /** Delete an object; that there is none is no failure. */
  delete(key: string): Promise<void>;
  /** Release what the store holds open. */
  close(): Promise<void>;
}

/** Bytes from `offset`, all of which the object has. */
export interface ByteRange {
  readonly offset: number;
  /** At least 1. */
  readonly length: number;
}

export interface ObjectInfo {
  readonly size: number;
  /** Changes when the object is written with other content, and may change when with the same. */
  readonly etag: string;
}

export interface ObjectEntry {
  readonly key: string;
  readonly size: number;
  /** When it was written last, by the clock of the store. */
  readonly uploaded: Date;
}

/** Write only where there is none, or only over the object of an etag that `head` or `put` gave. */
export type PutCondition =
  | { readonly ifNone: true; readonly ifEtag?: undefined }
  | { readonly ifNone?: undefined; readonly ifEtag: string };
