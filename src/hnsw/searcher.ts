import type { VectorFileHeader } from '../artifact/format.ts';
import { readVectorHeader } from '../artifact/read-vector-header.ts';
import { defaults } from '../config.ts';
import { DiptychError } from '../errors.ts';
import { createSearchKernel, type SearchKernel } from '../kernel/search-kernel.ts';
import type { WasmMemory } from '../kernel/webassembly.ts';
import { quantiseQuery } from './quantise-query.ts';
import {
  defaultEfMax,
  searcherFileOffset,
  searcherScratch,
  type SearcherScratch,
} from './searcher-memory.ts';
import { verifyVectorFile } from './verify-vector-file.ts';

export interface SearcherOptions {
  /** `search.wasm` or `search-relaxed.wasm`. */
  readonly module: WebAssembly.Module;
  /** Holds the file; at least `searcherMemoryPages` long, used by this searcher alone. */
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
  /** The embedDim of the model in use: a file of another one is refused. */
  readonly dim?: number;
}

export interface Matches {
  /** Ordinals, best first. */
  readonly ids: Uint32Array;
  /** Cosines. */
  readonly scores: Float32Array;
}

/** Queries are [dim] and need not be normalised. */
export interface Searcher {
  readonly header: VectorFileHeader;
  /** Walk the graph (approximate). */
  search(query: Float32Array, k: number, efSearch?: number): Matches;
  /** Score every vector that `accepts` lets pass and return the best `k`. */
  scan(query: Float32Array, k: number, accepts?: (id: number) => boolean): Matches;
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
 */
export function createSearcher(options: SearcherOptions): Searcher {
  const { module, memory, fileBytes, name = 'vector file', efMax = defaultEfMax } = options;
  const fileOffset = options.fileOffset ?? searcherFileOffset;
  const kernel = createSearchKernel(module, memory);
  const header = readVectorHeader(new Uint8Array(memory.buffer, fileOffset, fileBytes), name);
  const { count, dim, stride } = header;
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
  place(kernel, header, fileOffset, scratch);
  verifyVectorFile(kernel, memory, fileOffset, header, name);

  const row = (section: 'scales' | 'residualScales') =>
    header.sections[section].bytes === 0
      ? null
      : new Float32Array(memory.buffer, fileOffset + header.sections[section].offset, stride);

  /** Normalise the query and write it in both formats. */
  function setQuery(query: Float32Array): void {
    if (query.length !== dim) {
      throw new DiptychError(
        'model_mismatch',
        `${name}: query: expected ${dim} numbers, got ${query.length}`,
        { expected: dim, got: query.length },
      );
    }
    let squares = 0;
    for (let j = 0; j < dim; j++) squares += query[j] * query[j];
    const norm = Math.sqrt(squares);
    if (!Number.isFinite(norm)) {
      throw new DiptychError('bad_request', `${name}: query: expected finite numbers, got ${norm}`);
    }
    const floats = new Float32Array(memory.buffer, scratch.floatQuery, 2 * stride).fill(0);
    const scales = row('scales')!;
    const residualScales = row('residualScales');
    for (let j = 0; j < dim; j++) {
      const value = norm > 0 ? query[j] / norm : 0;
      floats[j] = value * scales[j];
      if (residualScales) floats[stride + j] = value * residualScales[j];
    }
    const Target = kernel.queryBits() === 7 ? Int8Array : Int16Array;
    quantiseQuery(floats.subarray(0, stride), new Target(memory.buffer, scratch.query, stride));
  }

  /** Re-score the first of the `found` ids and return the best `k`. */
  function best(found: number, k: number): Matches {
    const candidates = Math.min(found, Math.max(defaults.rescore, 2 * k));
    kernel.rescore(candidates);
    const ids = new Uint32Array(memory.buffer, scratch.ids, candidates);
    const scores = new Float32Array(memory.buffer, scratch.scores, candidates);
    sortByScore(ids, scores);
    return { ids: ids.slice(0, k), scores: scores.slice(0, k) };
  }

  function checkLimit(what: string, value: number): void {
    if (Number.isInteger(value) && value >= 1 && value <= efMax) return;
    throw new DiptychError('invalid_option', `${what}: expected 1 to ${efMax}, got ${value}`);
  }

  function score(query: Float32Array, ids: ArrayLike<number>): Float32Array {
    setQuery(query);
    const result = new Float32Array(ids.length);
    for (let at = 0; at < ids.length; at += scratch.capacity) {
      const n = Math.min(scratch.capacity, ids.length - at);
      const block = new Uint32Array(memory.buffer, scratch.ids, n);
      for (let i = 0; i < n; i++) block[i] = checkId(ids[at + i]);
      kernel.rescore(n);
      result.set(new Float32Array(memory.buffer, scratch.scores, n), at);
    }
    return result;
  }

  function checkId(id: number): number {
    if (Number.isInteger(id) && id >= 0 && id < count) return id;
    throw new DiptychError('unknown_item', `${name}: id: expected 0 to ${count - 1}, got ${id}`);
  }

  return {
    header,
    search(query, k, efSearch = options.efSearch ?? defaults.efSearch) {
      checkLimit('k', k);
      checkLimit('efSearch', efSearch);
      setQuery(query);
      return best(kernel.search(Math.max(1, Math.min(count, Math.max(efSearch, k)))), k);
    },
    scan(query, k, accepts) {
      checkLimit('k', k);
      setQuery(query);
      const excluded = new Uint8Array(memory.buffer, scratch.visited, Math.ceil(count / 8)).fill(0);
      if (accepts) {
        for (let id = 0; id < count; id++) if (!accepts(id)) excluded[id >> 3] |= 1 << (id & 7);
      }
      const limit = Math.min(efMax, Math.max(defaults.rescore, 2 * k));
      return best(kernel.scan(limit), k);
    },
    score,
    scoreAll: (query) =>
      score(
        query,
        Uint32Array.from({ length: count }, (_, id) => id),
      ),
    vector(id) {
      const at = fileOffset + checkId(id) * stride;
      const { vectors, residuals } = header.sections;
      const first = new Int8Array(memory.buffer, at + vectors.offset, dim);
      const scales = row('scales')!;
      const result = Float32Array.from(first, (value, j) => value * scales[j]);
      const residualScales = row('residualScales');
      if (residualScales) {
        const second = new Int8Array(memory.buffer, at + residuals.offset, dim);
        for (let j = 0; j < dim; j++) result[j] += second[j] * residualScales[j];
      }
      return result;
    },
  };
}

/** Sort both by falling score, by insertion: they are few and nearly in order. */
function sortByScore(ids: Uint32Array, scores: Float32Array): void {
  for (let i = 1; i < ids.length; i++) {
    const id = ids[i];
    const score = scores[i];
    let at = i;
    for (; at > 0 && scores[at - 1] < score; at--) {
      ids[at] = ids[at - 1];
      scores[at] = scores[at - 1];
    }
    ids[at] = id;
    scores[at] = score;
  }
}

function place(
  kernel: SearchKernel,
  header: VectorFileHeader,
  fileOffset: number,
  scratch: SearcherScratch,
): void {
  const { sections } = header;
  const at = (name: keyof typeof sections) => fileOffset + sections[name].offset;
  const residuals = sections.residuals.bytes > 0 ? at('residuals') : 0;
  kernel.configure(header.count, header.stride, header.M, header.entryPoint, header.maxLevel);
  kernel.placeVectors(at('vectors'), residuals, at('sums'));
  kernel.placeGraph(at('linkStarts'), at('links'), at('upperStarts'), at('upperLinks'));
  const { visited, query, floatQuery, ids, scores, pool } = scratch;
  kernel.placeScratch(visited, query, floatQuery, ids, scores, pool);
}
