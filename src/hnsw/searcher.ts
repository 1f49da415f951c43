import type { SectionName, VectorFileHeader } from '../version/format.ts';
import { readVectorHeader } from '../version/read-vector-header.ts';
import { defaults } from '../config.ts';
import { DiptychError } from '../errors.ts';
import { createSearchKernel, type SearchKernel } from '../kernel/search-kernel.ts';
import type { WasmMemory } from '../kernel/webassembly.ts';
import type { ItemFilter } from './item-filter.ts';
import { dequantise, openPlanes } from './file-planes.ts';
import { placeQuery, type CodeScores } from './place-query.ts';
import {
  defaultEfMax,
  searcherFileOffset,
  searcherScratch,
  type SearcherScratch,
} from '../version/searcher-memory.ts';
import { upperPlace } from './upper-place.ts';
import { verifyVectorFile } from './verify-vector-file.ts';

/**
 * The cost of a walk for each unit of `efSearch`, as a number of vectors that a scan would score in
 * the same time. Each expanded node has some 20 neighbours; most of them are new, and they lie far
 * apart in memory.
 */
const walkCost = 40;

export interface SearcherOptions {
  /** `search.wasm` or `search-relaxed.wasm`. */
  readonly module: WebAssembly.Module;
  /**
   * Holds the file. It has at least `searcherMemoryPages` pages, and only this searcher uses it.
   */
  readonly memory: WasmMemory;
  readonly fileBytes: number;
  /** Where the file begins, a multiple of 64; default `searcherFileOffset`. */
  readonly fileOffset?: number;
  /** Names the file in errors. */
  readonly name?: string;
  /** Default of `search`, from the manifest. */
  readonly efSearch?: number;
  /** Largest efSearch and k. */
  readonly efMax?: number;
  /** The embedDim of the model in use. A file with another dimension is refused. */
  readonly dim?: number;
}

export interface Matches {
  /** Ordinals, best first. */
  readonly ids: Uint32Array;
  /** Cosines. */
  readonly scores: Float32Array;
  /** Whether every vector that may be found was scored. */
  readonly exhaustive: boolean;
  /** The candidates that the walk kept: the requested `efSearch`, or `k` if `k` is larger. */
  readonly efSearch: number;
}

export interface SearchOptions {
  readonly efSearch?: number;
  /** The vectors that may be found; all by default. */
  readonly filter?: ItemFilter;
}

/** Queries are [dim] and need not be normalised. */
export interface Searcher {
  readonly header: VectorFileHeader;
  /**
   * Find the nearest vectors by a walk through the graph (approximate), or by a scan of all vectors
   * that may be found if that is not more work. Returns `k` matches whenever there are that many.
   */
  search(query: Float32Array, k: number, options?: SearchOptions): Matches;
  /** Score every vector that may be found, and return the best `k`. */
  scan(query: Float32Array, k: number, filter?: ItemFilter): Matches;
  /** Cosine of each of `ids`, in their order. */
  score(query: Float32Array, ids: ArrayLike<number>): Float32Array;
  /** Cosine of every vector. */
  scoreAll(query: Float32Array): Float32Array;
  /** The vector `id`, dequantised: [dim]. */
  vector(id: number): Float32Array;
}

/**
 * Create a searcher over a vector file that already lies in `memory`.
 *
 * @throws DiptychError index_unreadable when the file is damaged, of another version or dimension
 *
 * @example
 * const memory = createMemory(searcherMemoryPages(file.byteLength, vectorCount));
 * new Uint8Array(memory.buffer).set(file, searcherFileOffset);
 * const searcher = createSearcher({ module, memory, fileBytes: file.byteLength });
 * const { ids, scores } = searcher.search(query, 10);
 */
export function createSearcher(options: SearcherOptions): Searcher {
  const { module, memory, fileBytes, name = 'vector file', efMax = defaultEfMax } = options;
  const fileOffset = options.fileOffset ?? searcherFileOffset;
  const kernel = createSearchKernel(module, memory);
  const header = readVectorHeader(new Uint8Array(memory.buffer, fileOffset, fileBytes), name);
  const { count, dim } = header;
  if (options.dim !== undefined && options.dim !== dim) {
    throw new DiptychError(
      'index_unreadable',
      `${name}: dim: expected ${options.dim} as the model has, got ${dim}`,
      { file: name, expected: options.dim, got: dim },
    );
  }
  const scratch = searcherScratch(fileOffset, fileBytes, count, efMax);
  if (scratch.end > memory.buffer.byteLength) {
    throw new DiptychError(
      'index_unreadable',
      `${name}: memory: expected at least ${scratch.end} bytes, got ${memory.buffer.byteLength}`,
    );
  }
  place(kernel, memory, header, fileOffset, scratch);
  verifyVectorFile(kernel, memory, fileOffset, header, name);

  const planes = openPlanes(memory, header, fileOffset);
  const everything = { bits: allBits(count), size: count };
  let codeScores: CodeScores = { constant: 0, step: 0 };

  function setQuery(query: Float32Array): void {
    if (query.length !== dim) {
      throw new DiptychError(
        'model_mismatch',
        `${name}: query: expected ${dim} numbers, got ${query.length}`,
        { expected: dim, got: query.length },
      );
    }
    let squares = 0;
    for (let j = 0; j < dim; j++) squares += query[j]! * query[j]!;
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) {
      throw new DiptychError('bad_request', `${name}: query: expected finite numbers, got ${norm}`);
    }
    const unit = query.map((value) => (norm > 0 ? value / norm : 0));
    codeScores = placeQuery(unit, memory.buffer, header, planes, scratch, kernel.queryBits());
  }

  /**
   * Compute cosines of the first `n` ids in the scratch from the most precise planes of the file.
   */
  function rescore(n: number): Float32Array {
    const scores = new Float32Array(memory.buffer, scratch.scores, n);
    if (planes.scales.length > 0) {
      kernel.rescore(n);
      return scores;
    }
    kernel.score(n);
    const integers = new Int32Array(memory.buffer, scratch.scores, n);
    const { constant, step } = codeScores;
    for (let i = 0; i < n; i++) scores[i] = constant + step * integers[i]!;
    return scores;
  }

  /**
   * How many of the best integer scores are computed again as cosines. Codes are less precise than
   * int8.
   */
  const rescored = (k: number) =>
    planes.codeScales.length > 0 ? efMax : Math.min(efMax, Math.max(defaults.rescore, 2 * k));

  /** Re-score the first of the `found` ids and return the best `k`. */
  function best(found: number, k: number): Pick<Matches, 'ids' | 'scores'> {
    const candidates = Math.min(found, rescored(k));
    const scores = rescore(candidates);
    const ids = new Uint32Array(memory.buffer, scratch.ids, candidates);
    sortByScore(ids, scores);
    return { ids: ids.slice(0, k), scores: scores.slice(0, k) };
  }

  function scanned(k: number, { bits }: ItemFilter) {
    const filter = new Uint8Array(memory.buffer, scratch.filter, 8 * Math.ceil(count / 64));
    filter.fill(0).set(bits);
    return { ...best(kernel.scan(rescored(k)), k), exhaustive: true };
  }

  /** Walk or scan, whichever is less work. */
  function nearest(k: number, efSearch: number, filter?: ItemFilter) {
    const wanted = filter ?? everything;
    // Keep so many candidates that about `efSearch` of them pass the filter.
    const ef = Math.ceil((efSearch * count) / Math.max(1, wanted.size));
    if (ef > efMax || wanted.size <= walkCost * ef) return scanned(k, wanted);
    let found = kernel.search(ef);
    if (filter) {
      new Uint8Array(memory.buffer, scratch.filter).set(filter.bits);
      found = kernel.keep(found);
      // The vectors that pass lie far from the query, so the walk missed some of them.
      if (found < Math.min(k, filter.size)) return scanned(k, filter);
    }
    return { ...best(found, k), exhaustive: false };
  }

  function checkLimit(what: string, value: number): void {
    if (Number.isInteger(value) && value >= 1 && value <= efMax) return;
    throw new DiptychError('invalid_option', `${what}: expected 1 to ${efMax}, got ${value}`);
  }

  function checkFilter({ bits }: ItemFilter): void {
    const expected = Math.ceil(count / 8);
    if (bits.length === expected) return;
    throw new DiptychError(
      'invalid_option',
      `${name}: filter: expected ${expected} bytes, got ${bits.length}`,
    );
  }

  function score(query: Float32Array, ids: ArrayLike<number>): Float32Array {
    setQuery(query);
    const result = new Float32Array(ids.length);
    for (let at = 0; at < ids.length; at += scratch.capacity) {
      const n = Math.min(scratch.capacity, ids.length - at);
      const block = new Uint32Array(memory.buffer, scratch.ids, n);
      for (let i = 0; i < n; i++) block[i] = checkId(ids[at + i]!);
      result.set(rescore(n), at);
    }
    return result;
  }

  function checkId(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < count) return id;
    throw new DiptychError('unknown_item', `${name}: id: expected 0 to ${count - 1}, got ${id}`);
  }

  return {
    header,
    search(query, k, { efSearch = options.efSearch ?? defaults.efSearch, filter } = {}) {
      checkLimit('k', k);
      checkLimit('efSearch', efSearch);
      if (filter) checkFilter(filter);
      setQuery(query);
      const kept = Math.max(efSearch, k);
      return { ...nearest(k, kept, filter), efSearch: kept };
    },
    scan(query, k, filter = everything) {
      checkLimit('k', k);
      checkFilter(filter);
      setQuery(query);
      return { ...scanned(k, filter), efSearch: k };
    },
    score,
    scoreAll: (query) =>
      score(
        query,
        Uint32Array.from({ length: count }, (_, id) => id),
      ),
    vector: (id) => dequantise(planes, checkId(id), header),
  };
}

function allBits(count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8)).fill(0xff);
  if (count % 8 > 0) bits[bits.length - 1] = (1 << (count % 8)) - 1;
  return bits;
}

/** Sort both by falling score. Insertion sort suits them: they are few and nearly in order. */
function sortByScore(ids: Uint32Array, scores: Float32Array): void {
  for (let i = 1; i < ids.length; i++) {
    const id = ids[i]!;
    const score = scores[i]!;
    let at = i;
    for (; at > 0 && scores[at - 1]! < score; at--) {
      ids[at] = ids[at - 1]!;
      scores[at] = scores[at - 1]!;
    }
    ids[at] = id;
    scores[at] = score;
  }
}

function place(
  kernel: SearchKernel,
  { buffer }: WasmMemory,
  header: VectorFileHeader,
  fileOffset: number,
  scratch: SearcherScratch,
): void {
  const { sections, count, stride, codeStride, M, entryPoint, maxLevel } = header;
  const view = new DataView(buffer, fileOffset, header.fileBytes);
  const entryPlace = upperPlace(view, header, entryPoint);
  kernel.configure(count, stride, codeStride, M, entryPoint, entryPlace, maxLevel);
  const at = (name: SectionName) =>
    sections[name].bytes === 0 ? 0 : fileOffset + sections[name].offset;
  kernel.placeVectors(at('codes'), at('vectors'), at('sums'), at('residuals'));
  kernel.placeGraph(
    at('linkStarts'),
    at('links'),
    at('upperNodes'),
    at('upperStarts'),
    at('upperLinks'),
  );
  const { visited, filter, query, floatQuery, ids, scores, pool } = scratch;
  kernel.placeScratch(visited, filter, query, floatQuery, ids, scores, pool);
}
