// Scores of quantised vectors. The host quantises the query (src/hnsw/quantise-query.ts). The walk
// compares exact integers, so both builds of this module and the scalar reference agree bit by bit.
import {
  codes, codeStride, floatQuery, ids, query, residuals, scores, stride, sums, vectors, word,
} from './layout';

/** Tell how the host must quantise the query for int8: to 7 bits offset by 64 (relaxed), or 16 bits. */
export function queryBits(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 7 : 16;
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
    // The query lies in 1..127 (offset 64), so the pairwise sums fit 16 bits, and the result is the same
    // on every machine. The sum of the vector takes the offset out again. (The instruction that
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

/** Add neighbouring bytes into 16 bits. Each byte is the sum of a few counts of at most 8. */
// @ts-ignore: decorator
@inline
function widen(bytes: v128): v128 {
  return i16x8.extadd_pairwise_i8x16_u(bytes);
}

/**
 * Sum the quantised query over the set bits of code `id`. The query is four rows of bits in two's
 * complement: a bit of row b counts 2^b, and a bit of the last row -8.
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
    // The largest sum, 8 + 16 + 32, fits in a byte.
    const low = i8x16.add(one, i8x16.add(i8x16.shl(two, 1), i8x16.shl(four, 2)));
    const pairs = i16x8.sub(widen(low), i16x8.shl(widen(eight), 3));
    sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_s(pairs));
  }
  return sumLanes(sum);
}

// @ts-ignore: decorator
@inline
export function dot(id: u32): i32 {
  return codes ? dotCode(id) : dotVector(id);
}

/**
 * Score the ids `i` and `i + 1` at `ids` as {@link dotVector} does, but read the query once. Some
 * runtimes (workerd) check the bounds of each access: this saves a quarter of the checks.
 */
// @ts-ignore: decorator
@inline
function scoreTwo(i: u32): void {
  const first = word(ids, i);
  const second = word(ids, i + 1);
  let x = vectors + (<usize>first) * stride;
  let y = vectors + (<usize>second) * stride;
  const end = x + stride;
  let q = query;
  let a = i32x4.splat(0);
  let b = a;
  if (ASC_FEATURE_RELAXED_SIMD) {
    for (; x < end; x += 64, y += 64, q += 64) {
      const q0 = v128.load(q);
      const q1 = v128.load(q, 16);
      const q2 = v128.load(q, 32);
      const q3 = v128.load(q, 48);
      a = i32x4.add(a, i32x4.add(pairs(v128.load(x), q0), pairs(v128.load(x, 16), q1)));
      b = i32x4.add(b, i32x4.add(pairs(v128.load(y), q0), pairs(v128.load(y, 16), q1)));
      a = i32x4.add(a, i32x4.add(pairs(v128.load(x, 32), q2), pairs(v128.load(x, 48), q3)));
      b = i32x4.add(b, i32x4.add(pairs(v128.load(y, 32), q2), pairs(v128.load(y, 48), q3)));
    }
    store<i32>(scores + ((<usize>i) << 2), sumLanes(a) - ((<i32>word(sums, first)) << 6));
    store<i32>(scores + ((<usize>i) << 2), sumLanes(b) - ((<i32>word(sums, second)) << 6), 4);
    return;
  }
  for (; x < end; x += 32, y += 32, q += 64) {
    const q0 = v128.load(q);
    const q1 = v128.load(q, 16);
    const q2 = v128.load(q, 32);
    const q3 = v128.load(q, 48);
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x), q0));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(y), q0));
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x, 8), q1));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(y, 8), q1));
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x, 16), q2));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(y, 16), q2));
    a = i32x4.add(a, i32x4.dot_i16x8_s(v128.load_ext<i8>(x, 24), q3));
    b = i32x4.add(b, i32x4.dot_i16x8_s(v128.load_ext<i8>(y, 24), q3));
  }
  store<i32>(scores + ((<usize>i) << 2), sumLanes(a));
  store<i32>(scores + ((<usize>i) << 2), sumLanes(b), 4);
}

/** Score the `n` ids at `ids` into `scores` (i32); by codes if the file has them. */
export function score(n: u32): void {
  if (codes) {
    for (let i: u32 = 0; i < n; i++) store<i32>(scores + ((<usize>i) << 2), dotCode(word(ids, i)));
    return;
  }
  let i: u32 = 0;
  for (; i + 1 < n; i += 2) scoreTwo(i);
  if (i < n) store<i32>(scores + ((<usize>i) << 2), dotVector(word(ids, i)));
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

/** Score the `n` ids at `ids` into `scores` (f32) with the float query and both planes. */
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
