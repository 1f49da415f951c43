// Products of rows with int8 matrices, exact in whole numbers: rows are quantised to int16 with a
// scale each, and i32x4.dot_i16x8_s multiplies and adds two depths at once. Activations at 13 bits
// lose nothing that can be seen beside weights at 8 (docs/benchmarks.md).

/** Quantised rows start at multiples of 16 bytes. */
export function quantisedRow(length: usize): usize {
  return (length << 1) + 15 & ~15;
}

/**
 * Quantise rows to int16: value ~ scale * code, codes up to `largest` in magnitude.
 *
 * input: float32, `inputRow` bytes from one row of `depth` numbers to the next;
 * codes: [rows][quantisedRow(depth)], zeros at the end; scales: [rows].
 *
 * `largest` keeps sums in int32: at most 8191, and 127 * largest * depth < 2^31.
 */
export function quantise(
  rows: usize,
  depth: usize,
  input: usize,
  inputRow: usize,
  largest: f32,
  codes: usize,
  scales: usize,
): void {
  const bytes = depth << 2;
  const row = quantisedRow(depth);
  for (; rows > 0; rows--) {
    const step = largestOf(input, bytes) / largest;
    // A row of numbers too small to divide by is a row of zeros.
    const inverse: f32 = step > 1e-36 ? 1 / step : 0;
    store<f32>(scales, step);
    v128.store(codes + row - 16, i32x4.splat(0));
    round(input, bytes, inverse, codes);
    codes += row;
    scales += 4;
    input += inputRow;
  }
}

/**
 * Make the rows of a convolution out of a map that `quantise` took as one row. The numbers of a map are
 * in several rows, and are so rounded once.
 *
 * Row r of group g has `segments` pieces of `depth` codes; piece s is at
 * map + g * mapGroup + r * mapRow + s * mapSegment. The pieces of a row are joined: a 3x3 convolution on
 * a map with a border of zeros becomes a product of rows, because the three taps of a line are adjacent.
 * scale: that of the map; codes, scales: as of `quantise`.
 */
export function gather(
  groups: usize,
  rows: usize,
  segments: usize,
  depth: usize,
  map: usize,
  mapGroup: usize,
  mapRow: usize,
  mapSegment: usize,
  scale: usize,
  codes: usize,
  scales: usize,
): void {
  const bytes = depth << 1;
  const row = quantisedRow(segments * depth);
  const step = load<f32>(scale);
  for (let group: usize = 0; group < groups; group++) {
    let from = map + group * mapGroup;
    for (let left = rows; left > 0; left--) {
      v128.store(codes + row - 16, i32x4.splat(0));
      for (let s: usize = 0; s < segments; s++) {
        copy(from + s * mapSegment, bytes, codes + s * bytes);
      }
      store<f32>(scales, step);
      codes += row;
      scales += 4;
      from += mapRow;
    }
  }
}

function copy(from: usize, bytes: usize, to: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(to + i, v128.load(from + i));
  for (; i < bytes; i += 2) store<i16>(to + i, load<i16>(from + i));
}

function largestOf(at: usize, bytes: usize): f32 {
  let largest = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) largest = f32x4.max(largest, f32x4.abs(v128.load(at + i)));
  let first = max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1));
  first = max(first, max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3)));
  for (; i < bytes; i += 4) first = max(first, abs(load<f32>(at + i)));
  return first;
}

/** In float32, x + 1.5 * 2^23 has x rounded to a whole number in its low bits. */
const rounder: f32 = 12582912;
const rounderBits: i32 = 0x4b400000;

function round(from: usize, bytes: usize, inverse: f32, to: usize): void {
  const factor = f32x4.splat(inverse);
  const add = f32x4.splat(rounder);
  const bits = i32x4.splat(rounderBits);
  let i: usize = 0;
  for (; i + 32 <= bytes; i += 32) {
    const low = f32x4.add(f32x4.mul(factor, v128.load(from + i)), add);
    const high = f32x4.add(f32x4.mul(factor, v128.load(from + i, 16)), add);
    v128.store(to + (i >> 1), i16x8.narrow_i32x4_s(i32x4.sub(low, bits), i32x4.sub(high, bits)));
  }
  for (; i < bytes; i += 4) {
    store<i16>(to + (i >> 1), <i16>(reinterpret<i32>(load<f32>(from + i) * inverse + rounder) - rounderBits));
  }
}

/**
 * Compute output = rows x (weights * scale) + bias (+ output) (then relu).
 *
 * codes, rowScales: of `quantise` or `gather`, groups * rows rows of `depth` numbers.
 * weights: int8 panels of 8 columns by 2 depths, [columns / 8][ceil(depth / 2)][8][2];
 * scale, bias: [columns].
 */
export function product(
  groups: usize,
  rows: usize,
  depth: usize,
  columns: usize,
  codes: usize,
  rowScales: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  output: usize,
  outputGroup: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  const row = quantisedRow(depth);
  const panel = ((depth + 1) >> 1) << 4;
  for (let column: usize = 0; column < columns; column += 8) {
    let from = codes;
    let rowScale = rowScales;
    for (let group: usize = 0; group < groups; group++) {
      let to = output + group * outputGroup + (column << 2);
      for (let left = rows; left > 0; ) {
        // With 6 rows a tile needs more registers than V8 has. 6 rows are twice 3.
        const count: usize = left == 6 ? 3 : min<usize>(left, 5);
        if (count == 5) tile5(from, row, weights, panel);
        else if (count == 4) tile4(from, row, weights, panel);
        else if (count == 3) tile3(from, row, weights, panel);
        else if (count == 2) tile2(from, row, weights, panel);
        else tile1(from, row, weights, panel);
        finish(count, rowScale, scale, bias, to, outputRow, accumulate, relu);
        left -= count;
        from += count * row;
        rowScale += count << 2;
        to += count * outputRow;
      }
    }
    weights += panel;
    scale += 32;
    bias += 32;
  }
}

/** Sums of a tile: [5][8] int32. */
const sums = memory.data(160, 16);

// @ts-ignore: decorator
@inline
function madd(sum: v128, x: v128, w: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, w));
}

/**
 * Multiply `count` rows from `a` on by a panel, in up to 10 registers. `count` is known when this is
 * compiled, so the tiles below hold no branch.
 */
// @ts-ignore: decorator
@inline
function tile(count: i32, a: usize, row: usize, weights: usize, panel: usize): void {
  const zero = i32x4.splat(0);
  let a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero;
  let d0 = zero, d1 = zero, e0 = zero, e1 = zero;
  const third = row << 1;
  const fourth = third + row;
  const fifth = row << 2;
  for (const end = weights + panel; weights < end; weights += 16) {
    const w = v128.load(weights);
    const w0 = i16x8.extend_low_i8x16_s(w);
    const w1 = i16x8.extend_high_i8x16_s(w);
    let x = v128.load32_splat(a);
    a0 = madd(a0, x, w0);
    a1 = madd(a1, x, w1);
    if (count > 1) {
      x = v128.load32_splat(a + row);
      b0 = madd(b0, x, w0);
      b1 = madd(b1, x, w1);
    }
    if (count > 2) {
      x = v128.load32_splat(a + third);
      c0 = madd(c0, x, w0);
      c1 = madd(c1, x, w1);
    }
    if (count > 3) {
      x = v128.load32_splat(a + fourth);
      d0 = madd(d0, x, w0);
      d1 = madd(d1, x, w1);
    }
    if (count > 4) {
      x = v128.load32_splat(a + fifth);
      e0 = madd(e0, x, w0);
      e1 = madd(e1, x, w1);
    }
    a += 4;
  }
  storeSums(0, a0, a1);
  if (count > 1) storeSums(1, b0, b1);
  if (count > 2) storeSums(2, c0, c1);
  if (count > 3) storeSums(3, d0, d1);
  if (count > 4) storeSums(4, e0, e1);
}

// @ts-ignore: decorator
@inline
function storeSums(row: usize, low: v128, high: v128): void {
  v128.store(sums + (row << 5), low);
  v128.store(sums + (row << 5), high, 16);
}

function tile1(a: usize, row: usize, weights: usize, panel: usize): void {
  tile(1, a, row, weights, panel);
}

function tile2(a: usize, row: usize, weights: usize, panel: usize): void {
  tile(2, a, row, weights, panel);
}

function tile3(a: usize, row: usize, weights: usize, panel: usize): void {
  tile(3, a, row, weights, panel);
}

function tile4(a: usize, row: usize, weights: usize, panel: usize): void {
  tile(4, a, row, weights, panel);
}

function tile5(a: usize, row: usize, weights: usize, panel: usize): void {
  tile(5, a, row, weights, panel);
}

/** Scale the sums of a tile and put them into the output. */
function finish(
  count: usize,
  rowScale: usize,
  scale: usize,
  bias: usize,
  output: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  for (let half: usize = 0; half < 32; half += 16) {
    const columns = v128.load(scale + half);
    const start = v128.load(bias + half);
    let at = output + half;
    for (let i: usize = 0; i < count; i++) {
      const factor = f32x4.mul(v128.load32_splat(rowScale + (i << 2)), columns);
      const sum = f32x4.convert_i32x4_s(v128.load(sums + (i << 5) + half));
      let value = f32x4.add(f32x4.mul(factor, sum), start);
      if (accumulate) value = f32x4.add(value, v128.load(at));
      if (relu) value = f32x4.max(value, f32x4.splat(0));
      v128.store(at, value);
      at += outputRow;
    }
  }
}
