/**
 * The limits of Cloudflare Vectorize, as its documentation gave them on 2026-11-21
 * (`platform/limits`, `reference/metadata-filtering`), except where noted. They were not tried on
 * the live service.
 */
export const vectorizeLimits = {
  dimensions: 1536,
  idBytes: 64,
  namespaceBytes: 64,
  metadataBytes: 10 * 1024,
  /** The compact JSON of a filter must be shorter than this. */
  filterBytes: 2048,
  vectorsPerIndex: 10_000_000,
  /** Largest number of results of a query without values and metadata. */
  topK: 100,
  /** The same with values or all metadata. Users report that the service accepts 50. */
  topKWithValues: 20,
  /** Vectors of an upsert from a worker. The HTTP API accepts 5,000 of them and 100 MB. */
  upsertBatch: 1000,
  /** Ids of a getByIds. It is not documented; a refusal of the service names it (code 40007). */
  getBatch: 20,
  /** Ids of a deleteByIds. It is not documented either (code 40007). */
  deleteBatch: 100,
} as const;
