/** Where published versions lie: flat keys, whole objects. */
export interface ArtifactStore {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | null>;
  head(key: string): Promise<{ readonly size: number } | null>;
  list(prefix: string): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
  /** Release what the store holds open. */
  close(): Promise<void>;
}
