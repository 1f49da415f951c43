/** An HNSW graph from any builder. Its arrays are laid out as in `src/version/format.ts`. */
export interface HnswGraph {
  readonly count: number;
  readonly M: number;
  readonly efConstruction: number;
  readonly entryPoint: number;
  /** Level of the entry point; 0 when there is only level 0. */
  readonly maxLevel: number;
  readonly linkStarts: Uint32Array;
  readonly links: Uint32Array;
  readonly upperStarts: Uint32Array;
  readonly upperLinks: Uint32Array;
}
