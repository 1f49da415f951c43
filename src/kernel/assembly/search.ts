// HNSW search over quantised vectors. They lie in linear memory in the layout of the file.
import {
  codes, codeStride, count, entryPlace, entryPoint, filter, ids, linkStarts, links, M, maxLevel, pool,
  scores, stride, upperLinks, upperNodes, upperStarts, vectors, visited, word,
} from './layout';
import { dot, score } from './score';
import { xxh64 } from './xxh64';

export { configure, placeGraph, placeScratch, placeVectors } from './layout';
export { queryBits, rescore, score } from './score';
export { checkGraph } from './check-graph';

/** This bit marks the pool entry of an expanded node; ids have 24 bits. */
const expanded: i64 = 0x80000000;

/** Uses the result of loads that only fill the cache, so that the compiler does not remove them. */
let touched: u32;

export function checksum(at: usize, bytes: usize): u64 {
  return xxh64(at, bytes);
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
 * SEARCH-LAYER on level 0 (Malkov & Yashunin 2018, Alg. 2). Candidates and results share one pool of
 * `ef` sorted entries: a node that falls out of the results is never expanded, so a second heap would
 * hold nothing more. Writes the best ids to `ids` and returns their number.
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
 * Read one byte from each of four cache lines of a row that will soon be scored. The processor then
 * fetches the rows of all neighbours at once, and scoring need not wait for one after the other.
 * (WebAssembly has no prefetch. Past a short row this reads the next row, or the scratch.)
 */
// @ts-ignore: decorator
@inline
function touch(row: usize): u32 {
  return load<u8>(row) | load<u8>(row, 64) | load<u8>(row, 128) | load<u8>(row, 192);
}

/** Write those neighbours of `node` to `ids` that this search has not seen yet. */
// @ts-ignore: decorator
@inline
function gather(node: u32): u32 {
  let found: usize = 0;
  let sink: u32 = 0;
  const rows = codes ? codes : vectors;
  const bytes = codes ? codeStride : stride;
  const end = links + (<usize>word(linkStarts, node + 1)) * 3;
  for (let at = links + (<usize>word(linkStarts, node)) * 3; at < end; at += 3) {
    // Links have 3 bytes: the fourth belongs to the next link or section.
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
 * Score every vector whose bit is set in `filter` (whole words of 64). Writes the best `limit` ids to
 * `ids` and returns their number.
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

/** Keep only those of the first `n` ids at `ids` whose bit is set in `filter`; returns their number. */
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
