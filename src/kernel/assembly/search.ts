// HNSW search over quantised vectors that lie in linear memory as the file put them
// (src/artifact/format.ts). The host quantises the query (src/hnsw/quantise-query.ts); every score of
// the walk is an exact integer, so both builds of this module and the scalar reference agree bit by bit.
import { xxh64 } from './xxh64';

/** Expanded nodes carry this bit in their pool entry; ids have 24 bits. */
const expanded: i64 = 0x80000000;

let count: u32, stride: usize, codeStride: usize, M: u32;
let entryPoint: u32, entryPlace: u32, maxLevel: u32;
let vectors: usize, residuals: usize, sums: usize, codes: usize;
let linkStarts: usize, links: usize, upperNodes: usize, upperStarts: usize, upperLinks: usize;
let visited: usize, filter: usize, query: usize, floatQuery: usize;
let ids: usize, scores: usize, pool: usize;
/** Keeps the compiler from leaving loads out that are there for the cache alone. */
let touched: u32;

/** Says how the host must quantise the query for int8: 7 bits offset by 64 (relaxed) or 16 bits. */
export function queryBits(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 7 : 16;
}

/** `place` is where `entry` stands in `upperNodes`, if `levels` is not 0. */
export function configure(
  n: u32,
  rowBytes: u32,
  codeBytes: u32,
  m: u32,
  entry: u32,
  place: u32,
  levels: u32,
): void {
  count = n;
  stride = rowBytes;
  codeStride = codeBytes;
  M = m;
  entryPoint = entry;
  entryPlace = place;
  maxLevel = levels;
}

/** What the file does not have is at 0. */
export function placeVectors(codesAt: usize, vectorsAt: usize, sumsAt: usize, residualsAt: usize): void {
  codes = codesAt;
  vectors = vectorsAt;
  sums = sumsAt;
  residuals = residualsAt;
}

export function placeGraph(
  linkStartsAt: usize,
  linksAt: usize,
  upperNodesAt: usize,
  upperStartsAt: usize,
  upperLinksAt: usize,
): void {
  linkStarts = linkStartsAt;
  links = linksAt;
  upperNodes = upperNodesAt;
  upperStarts = upperStartsAt;
  upperLinks = upperLinksAt;
}

export function placeScratch(
  visitedAt: usize,
  filterAt: usize,
  queryAt: usize,
  floatQueryAt: usize,
  idsAt: usize,
  scoresAt: usize,
  poolAt: usize,
): void {
  visited = visitedAt;
  filter = filterAt;
  query = queryAt;
  floatQuery = floatQueryAt;
  ids = idsAt;
  scores = scoresAt;
  pool = poolAt;
}

export function checksum(at: usize, bytes: usize): u64 {
  return xxh64(at, bytes);
}

// @ts-ignore: decorator
@inline
function word(base: usize, index: u32): u32 {
  return load<u32>(base + ((<usize>index) << 2));
}

// @ts-ignore: decorator
@inline
function sumLanes(a: v128): i32 {
  const b = i32x4.add(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return i32x4.extract_lane(b, 0) + i32x4.extract_lane(b, 1);
}

// @ts-ignore: decorator
@inline
function pairs(x: v128, q: v128): v128 {
  return i32x4.extadd_pairwise_i16x8_s(i16x8.relaxed_dot_i8x16_i7x16_s(x, q));
}

/** Integer inner product of the quantised query and vector `id`. */
// @ts-ignore: decorator
@inline
function dotVector(id: u32): i32 {
  let x = vectors + (<usize>id) * stride;
  const end = x + stride;
  let q = query;
  let a = i32x4.splat(0);
  let b = a;
  if (ASC_FEATURE_RELAXED_SIMD) {
    // The query lies in 1..127 (offset 64): the pairwise sums fit 16 bits, so the result is the same
    // on every machine. The offset is taken out with the sum of the vector. (The instruction that
    // also accumulates is wrong in the baseline compiler of V8 11.3, Node 20.)
    for (; x < end; x += 64, q += 64) {
      a = i32x4.add(a, pairs(v128.load(x), v128.load(q)));
      b = i32x4.add(b, pairs(v128.load(x, 16), v128.load(q, 16)));
      a = i32x4.add(a, pairs(v128.load(x, 32), v128.load(q, 32)));
      b = i32x4.add(b, pairs(v128.load(x, 48), v128.load(q, 48)));
    }
    const total = sumLanes(i32x4.add(a, b));
    return total - ((<i32>word(sums, id)) << 6);
  }
  for (; x < end; x += 32, q += 64) {
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x), v128.load(q)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(x, 8), v128.load(q, 16)));
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x, 16), v128.load(q, 32)));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(x, 24), v128.load(q, 48)));
  }
  return sumLanes(i32x4.add(a, b));
}

// @ts-ignore: decorator
@inline
function countBits(a: v128, b: v128): v128 {
  return i8x16.popcnt(v128.and(a, b));
}

/** Widen counts of at most 8 a byte, of which a few were added. */
// @ts-ignore: decorator
@inline
function widen(bytes: v128): v128 {
  return i16x8.extadd_pairwise_i8x16_u(bytes);
}

/**
 * Sum of the quantised query over the set bits of code `id`. The query is four rows of bits, in two's
 * complement: row b counts 2^b, the last one -8.
 */
// @ts-ignore: decorator
@inline
function dotCode(id: u32): i32 {
  let x = codes + (<usize>id) * codeStride;
  const end = x + codeStride;
  let q = query;
  let sum = i32x4.splat(0);
  for (; x < end; x += 16, q += 16) {
    const bits = v128.load(x);
    const one = countBits(bits, v128.load(q));
    const two = countBits(bits, v128.load(q + codeStride));
    const four = countBits(bits, v128.load(q + 2 * codeStride));
    const eight = countBits(bits, v128.load(q + 3 * codeStride));
    // 8 + 16 + 32 fit a byte.
    const low = i8x16.add(one, i8x16.add(i8x16.shl(two, 1), i8x16.shl(four, 2)));
    const pairs = i16x8.sub(widen(low), i16x8.shl(widen(eight), 3));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  return sumLanes(sum);
}

// @ts-ignore: decorator
@inline
function dot(id: u32): i32 {
  return codes ? dotCode(id) : dotVector(id);
}

/** Score the `n` ids at `ids` into `scores` (i32), by codes where the file has any. */
export function score(n: u32): void {
  if (codes) {
    for (let i: u32 = 0; i < n; i++) store<i32>(scores + ((<usize>i) << 2), dotCode(word(ids, i)));
    return;
  }
  for (let i: u32 = 0; i < n; i++) store<i32>(scores + ((<usize>i) << 2), dotVector(word(ids, i)));
}

// @ts-ignore: decorator
@inline
function addProducts(x: usize, q: usize, sum: v128): v128 {
  const bytes = v128.load(x);
  const low = i16x8.extend_low_i8x16_s(bytes);
  const high = i16x8.extend_high_i8x16_s(bytes);
  const a = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(low)), v128.load(q));
  const b = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(low)), v128.load(q, 16));
  const c = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(high)), v128.load(q, 32));
  const d = f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(high)), v128.load(q, 48));
  return f32x4.add(sum, f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
}

/** Score the `n` ids at `ids` into `scores` (f32): float query, both planes. */
export function rescore(n: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const row = (<usize>word(ids, i)) * stride;
    let sum = f32x4.splat(0);
    for (let j: usize = 0; j < stride; j += 16) {
      sum = addProducts(vectors + row + j, floatQuery + (j << 2), sum);
    }
    if (residuals) {
      const residualQuery = floatQuery + (stride << 2);
      for (let j: usize = 0; j < stride; j += 16) {
        sum = addProducts(residuals + row + j, residualQuery + (j << 2), sum);
      }
    }
    const half = f32x4.add(sum, v128.shuffle<i32>(sum, sum, 2, 3, 0, 1));
    const total = f32x4.extract_lane(half, 0) + f32x4.extract_lane(half, 1);
    store<f32>(scores + ((<usize>i) << 2), total);
  }
}

/** Insert into the pool, which is sorted by falling score; returns the position. */
// @ts-ignore: decorator
@inline
function insert(size: u32, value: i32, id: u32): u32 {
  let at = pool + ((<usize>size) << 3);
  while (at > pool) {
    const before = load<i64>(at - 8);
    if (<i32>(before >> 32) >= value) break;
    store<i64>(at, before);
    at -= 8;
  }
  store<i64>(at, ((<i64>value) << 32) | (<i64>id));
  return <u32>((at - pool) >> 3);
}

// @ts-ignore: decorator
@inline
function poolScore(position: u32): i32 {
  return load<i32>(pool + ((<usize>position) << 3) + 4);
}

/** Greedy descent through the levels above 0 (SEARCH-LAYER with ef = 1). */
function descend(): u32 {
  if (!maxLevel) return entryPoint;
  let place = entryPlace;
  let best = dot(entryPoint);
  for (let level = maxLevel; level > 0; level--) {
    let moved = true;
    while (moved) {
      moved = false;
      const row = word(upperStarts, place) + level - 1;
      const at = upperLinks + <usize>(row * (M + 1)) * 4;
      const degree = load<u32>(at);
      for (let i: u32 = 1; i <= degree; i++) {
        const neighbour = word(at, i);
        const value = dot(word(upperNodes, neighbour));
        if (value > best) {
          best = value;
          place = neighbour;
          moved = true;
        }
      }
    }
  }
  return word(upperNodes, place);
}

/**
 * SEARCH-LAYER on level 0 (Malkov & Yashunin 2016, Alg. 2). Candidates and results are one pool of
 * `ef` sorted entries: what falls out of the results is never expanded, so a second heap holds nothing more.
 * Leaves the best ids at `ids`; returns how many.
 */
export function search(ef: u32): u32 {
  if (!count) return 0;
  memory.fill(visited, 0, (<usize>count + 7) >> 3);
  const start = descend();
  mark(start);
  insert(0, dot(start), start);
  let size: u32 = 1;
  let next: u32 = 0;
  while (next < size) {
    const at = pool + ((<usize>next) << 3);
    const entry = load<i64>(at);
    if (entry & expanded) {
      next++;
      continue;
    }
    store<i64>(at, entry | expanded);
    const found = gather(<u32>entry);
    score(found);
    let first = next + 1;
    for (let i: u32 = 0; i < found; i++) {
      const value = <i32>word(scores, i);
      if (size == ef) {
        if (value <= poolScore(size - 1)) continue;
        size--;
      }
      const position = insert(size, value, word(ids, i));
      size++;
      if (position < first) first = position;
    }
    next = first;
  }
  return unpack(size);
}

// @ts-ignore: decorator
@inline
function mark(id: u32): bool {
  const at = visited + (id >> 3);
  const bits = load<u8>(at);
  const bit = <u8>(1 << <u8>(id & 7));
  if (bits & bit) return false;
  store<u8>(at, bits | bit);
  return true;
}

/**
 * Read a byte of four cache lines of a row that will soon be scored: the rows of a node's
 * neighbours are then awaited together, where scoring would wait for one after the other. (WebAssembly
 * has no prefetch. What is read behind a short row is the next one, or the scratch.)
 */
// @ts-ignore: decorator
@inline
function touch(row: usize): u32 {
  return load<u8>(row) | load<u8>(row, 64) | load<u8>(row, 128) | load<u8>(row, 192);
}

/** Write the neighbours of `node` that were not seen yet to `ids`. */
// @ts-ignore: decorator
@inline
function gather(node: u32): u32 {
  let found: usize = 0;
  let sink: u32 = 0;
  const rows = codes ? codes : vectors;
  const bytes = codes ? codeStride : stride;
  const end = links + (<usize>word(linkStarts, node + 1)) * 3;
  for (let at = links + (<usize>word(linkStarts, node)) * 3; at < end; at += 3) {
    // The byte too many is of the next link or section.
    const neighbour = load<u32>(at) & 0xffffff;
    if (!mark(neighbour)) continue;
    store<u32>(ids + (found++ << 2), neighbour);
    const row = rows + (<usize>neighbour) * bytes;
    sink |= touch(row);
    if (bytes > 256) sink |= touch(row + 256);
  }
  touched = sink;
  return <u32>found;
}

/**
 * Score every vector whose bit is set in `filter` (whole words of 64) and leave the best `limit` ids
 * at `ids`; returns how many.
 */
export function scan(limit: u32): u32 {
  let size: u32 = 0;
  for (let first: u32 = 0; first < count; first += 64) {
    let bits = load<u64>(filter + (first >> 3));
    for (; bits; bits &= bits - 1) {
      const id = first + <u32>ctz(bits);
      const value = dot(id);
      if (size == limit) {
        if (value <= poolScore(size - 1)) continue;
        size--;
      }
      insert(size++, value, id);
    }
  }
  return unpack(size);
}

/** Keep those of the first `n` ids at `ids` whose bit is set in `filter`; returns how many. */
export function keep(n: u32): u32 {
  let kept: usize = 0;
  for (let i: u32 = 0; i < n; i++) {
    const id = word(ids, i);
    const bits = load<u8>(filter + (id >> 3));
    if ((bits >> <u8>(id & 7)) & 1) store<u32>(ids + (kept++ << 2), id);
  }
  return <u32>kept;
}

function unpack(size: u32): u32 {
  for (let i: u32 = 0; i < size; i++) {
    const id = load<u32>(pool + ((<usize>i) << 3)) & 0xffffff;
    store<u32>(ids + ((<usize>i) << 2), id);
  }
  return size;
}

/**
 * Return the first node with a link that points nowhere, or -1: a walk over such a graph would read
 * past its sections. `count` stands for the table of upper nodes.
 */
export function checkGraph(linkCount: u32, uppers: u32, upperRows: u32): i32 {
  if (word(linkStarts, 0) != 0 || word(linkStarts, count) != linkCount) return 0;
  for (let node: u32 = 0; node < count; node++) if (!checkNode(node, linkCount)) return node;
  if (word(upperStarts, 0) != 0 || word(upperStarts, uppers) != upperRows) return count;
  for (let place: u32 = 0; place < uppers; place++) {
    const node = word(upperNodes, place);
    if (node >= count || (place && node <= word(upperNodes, place - 1))) return count;
    if (word(upperStarts, place + 1) < word(upperStarts, place)) return count;
    if (word(upperStarts, place + 1) > upperRows) return count;
  }
  for (let place: u32 = 0; place < uppers; place++) {
    if (!checkUpper(place, uppers)) return word(upperNodes, place);
  }
  return -1;
}

function checkNode(node: u32, linkCount: u32): bool {
  const start = word(linkStarts, node);
  const end = word(linkStarts, node + 1);
  if (end < start || end > linkCount || end - start > 2 * M) return false;
  for (let i = start; i < end; i++) {
    if ((load<u32>(links + (<usize>i) * 3) & 0xffffff) >= count) return false;
  }
  return true;
}

function checkUpper(place: u32, uppers: u32): bool {
  const firstRow = word(upperStarts, place);
  const lastRow = word(upperStarts, place + 1);
  for (let row = firstRow; row < lastRow; row++) {
    const at = upperLinks + <usize>(row * (M + 1)) * 4;
    const degree = load<u32>(at);
    if (degree > M) return false;
    for (let i: u32 = 1; i <= degree; i++) {
      const neighbour = word(at, i);
      if (neighbour >= uppers) return false;
      const levels = word(upperStarts, neighbour + 1) - word(upperStarts, neighbour);
      if (levels <= row - firstRow) return false;
    }
  }
  return true;
}
