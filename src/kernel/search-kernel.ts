import { instantiate, type WasmMemory } from './webassembly.ts';

/** Exports of `search.wasm` and `search-relaxed.wasm`; `assembly/search.ts` says what each does. */
export interface SearchKernel {
  queryBits(): number;
  configure(
    count: number,
    stride: number,
    codeStride: number,
    M: number,
    entryPoint: number,
    entryPlace: number,
    maxLevel: number,
  ): void;
  placeVectors(codes: number, vectors: number, sums: number, residuals: number): void;
  placeGraph(
    linkStarts: number,
    links: number,
    upperNodes: number,
    upperStarts: number,
    upperLinks: number,
  ): void;
  placeScratch(
    visited: number,
    filter: number,
    query: number,
    floatQuery: number,
    ids: number,
    scores: number,
    pool: number,
  ): void;
  checksum(offset: number, bytes: number): bigint;
  checkGraph(linkCount: number, uppers: number, upperRows: number): number;
  score(n: number): void;
  rescore(n: number): void;
  search(ef: number): number;
  scan(limit: number): number;
  keep(n: number): number;
}

/** Instantiate a build of the search kernel over a memory. */
export function createSearchKernel(module: WebAssembly.Module, memory: WasmMemory): SearchKernel {
  return instantiate<SearchKernel>(module, memory);
}
