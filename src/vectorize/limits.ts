/**
 * What Cloudflare Vectorize accepts, read on 2026-11-21 in its documentation (`platform/limits`,
 * `reference/metadata-filtering`), except where noted. Nothing here was tried on the live service.
 */
export const vectorizeLimits = {
  dimensions: 1536,
  idBytes: 64,
  namespaceBytes: 64,
  metadataBytes: 10 * 1024,
  /** Length of the compact JSON of a filter is below this. */
  filterBytes: 2048,
  vectorsPerIndex: 10_000_000,
  /** Results of a query without values and metadata. */
  topK: 100,
  /** Results of a query with values or all metadata; users report that the service takes 50. */
  topKWithValues: 20,
  /** Vectors of an upsert from a worker; the HTTP API takes 5,000, and 100 MB. */
  upsertBatch: 1000,
  /** Ids of getByIds. Not documented: the service names it when it refuses (code 40007). */
  getBatch: 20,
  /** Ids of deleteByIds. Not documented either (code 40007). */
  deleteBatch: 100,
} as const;
