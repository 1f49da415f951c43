/** Defaults that more than one stage shares; what one stage alone needs stands in its own file. */
export const defaults = {
  /** Input side of the starter model and of the pixel cache, pixels. */
  imageSize: 64,
  /** Graph links per node above level 0; level 0 has twice as many (`M0`). */
  M: 16,
  efConstruction: 200,
  /** Used where a vector file is opened without its manifest, which has a measured one. */
  efSearch: 64,
  /** annRecall@10 that an index is tuned to reach. */
  annRecallAt10: 0.98,
  /** Candidates that are re-scored, of an int8 walk; of codes all are. */
  rescore: 20,
  /** Isolate memory that an index version and its model may take, bytes (128 MB less the runtime). */
  isolateBudgetBytes: 112 * 1024 * 1024,
  /** How long an answer waits for the shards that hold the vectors, milliseconds. */
  shardMs: 2000,
  /** How long the opening of a version waits for its shards to load theirs, milliseconds. */
  shardLoadMs: 10_000,
  /** Results of a search. */
  limit: 20,
  maxLimit: 100,
  /** The collection that requests mean that name none. */
  collection: 'pictograms',
  port: 8787,
} as const;
