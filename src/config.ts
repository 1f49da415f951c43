/**
 * Defaults that more than one stage shares. A default of one stage alone stands in its own file.
 */
export const defaults = {
  /** Side of the images of a prepared data set, pixels; the starter model itself takes 48. */
  imageSize: 64,
  /** Links of a node on each level above 0; level 0 has twice as many (`M0`). */
  M: 16,
  efConstruction: 200,
  /** For a vector file that is opened without its manifest. The manifest has a measured value. */
  efSearch: 64,
  /** The annRecall@10 that an index is tuned to reach. */
  annRecallAt10: 0.98,
  /** Candidates of a walk over int8 vectors that are scored again. After codes, all of them are. */
  rescore: 20,
  /** Memory of an isolate for an index version and its model, bytes: 128 MB less the runtime. */
  isolateBudgetBytes: 112 * 1024 * 1024,
  /** How long an answer waits for the shards that hold the vectors, milliseconds. */
  shardMs: 2000,
  /** How long the opening of a version waits for its shards to load their vectors, milliseconds. */
  shardLoadMs: 10_000,
  /** How many results a search returns. */
  limit: 20,
  maxLimit: 100,
  /** The collection of a request that names none. */
  collection: 'pictograms',
  port: 8787,
} as const;
