/**
 * A store for everything that is not a row of the catalogue: published versions and models, packs
 * of images and of embeddings, the pages of jobs. Keys are flat; `checkKey` says which are allowed.
 * Objects are written as a whole.
 */
export interface ObjectStore {
  /**
   * Read an object, or a part of it.
   *
   * @returns null where there is no such object
   * @throws DiptychError range_not_satisfiable when the object ends before the range
   */
  get(key: string, options?: { readonly range?: ByteRange }): Promise<Uint8Array | null>;
  head(key: string): Promise<ObjectInfo | null>;
  /**
   * Write an object. Readers see the old object or the new one, never a part of it. A key that is
   * written with a condition on its etag should always be written with one.
   *
   * @returns null when the condition does not hold; nothing was written then
   */
  put(
    key: string,
    bytes: Uint8Array,
    condition?: PutCondition,
  ): Promise<{ readonly etag: string } | null>;
  /** List all objects whose keys begin with a prefix, sorted by key. */
  list(prefix: string): Promise<readonly ObjectEntry[]>;
  /** Delete an object. It is no error if there is no such object. */
  delete(key: string): Promise<void>;
  /** Release what the store holds open. */
  close(): Promise<void>;
}

/** Bytes from `offset` on. The object must have all of them. */
export interface ByteRange {
  readonly offset: number;
  /** At least 1. */
  readonly length: number;
}

export interface ObjectInfo {
  readonly size: number;
  /** It changes when other content is written, and may change when the same content is written. */
  readonly etag: string;
}

export interface ObjectEntry {
  readonly key: string;
  readonly size: number;
  /** When it was written last, by the clock of the store. */
  readonly uploaded: Date;
}

/**
 * Write only where there is no object, or only over the object with this etag of `head` or `put`.
 */
export type PutCondition =
  | { readonly ifNone: true; readonly ifEtag?: undefined }
  | { readonly ifNone?: undefined; readonly ifEtag: string };
