// Kernels of both towers (src/encoder). They compute one image or one text at a time in a linear
// memory that the host lays out. Activations are float32, and whole numbers of some 13 bits where a
// product reads them; matrices are int8 with a float32 scale per column. Addresses and strides are in
// bytes. The widths of weights must be multiples of 8; the numbers of rows, depths and heads may be
// any.
//
// A product takes pairs of depths, because i32x4.dot_i16x8_s multiplies and adds pairs: 8 products an
// instruction, where float32 has 4, and int8 weights that are widened with one instruction.

/** Numbers below this are zeros: the factor that would make them whole numbers is beyond float32. */
const tiny: f32 = 1e-30;

/**
 * Quantise rows to whole numbers from -range to range: what the products read. Each row has a scale of
 * its own: a number is about its whole number times the scale.
 *
 * input: float32, `inputRow` bytes from one row to the next; output: int16 [rows, length];
 * scales: [rows]
 */
export function quantise(
  rows: usize,
  length: usize,
  input: usize,
  inputRow: usize,
  range: f32,
  output: usize,
  scales: usize,
): void {
  const whole = length & ~7;
  for (let row: usize = 0; row < rows; row++) {
    const largest = largestOf(length, input);
    store<f32>(scales, largest / range);
    const factor: f32 = largest > tiny ? range / largest : 0;
    const factors = f32x4.splat(factor);
    for (let i: usize = 0; i < whole; i += 8) {
      const at = input + (i << 2);
      const low = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at), factors)));
      const high = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v128.load(at, 16), factors)));
      v128.store(output + (i << 1), i16x8.narrow_i32x4_s(low, high));
    }
    for (let i = whole; i < length; i++) {
      store<i16>(output + (i << 1), <i16>nearest(load<f32>(input + (i << 2)) * factor));
    }
    input += inputRow;
    output += length << 1;
    scales += 4;
  }
}

/** The largest absolute value of a run of numbers. */
function largestOf(length: usize, input: usize): f32 {
  let most = f32x4.splat(0);
  const end = input + (length << 2);
  for (; input + 16 <= end; input += 16) most = f32x4.max(most, f32x4.abs(v128.load(input)));
  let largest = max(
    max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (; input < end; input += 4) largest = max(largest, abs(load<f32>(input)));
  return largest;
}

/**
 * Compute output = input x (weights * scale) + bias (+ output) (then relu). This serves dense layers,
 * and 3x3 convolutions on maps with a border of zeros, where the three taps of a line are adjacent.
 *
 * Row r of group g has `segments` pieces of 2 * `pairs` int16 numbers; piece s is at
 * input + g * inputGroup + r * inputRow + s * inputSegment. Where a piece has an odd length, its last
 * pair reaches one number too far, and the weight of that number is 0.
 * rowScales: of the input, `rowScaleStep` bytes from row to row, 0 where all rows have one scale;
 * weights: int8 panels of 8 columns, [columns / 8][segments * pairs][8][2]; scale, bias: [columns].
 *
 * The sums are exact whole numbers. The host chooses the range of `quantise` so that they fit in 32
 * bits.
 */
export function product(
  groups: usize,
  rows: usize,
  segments: usize,
  pairs: usize,
  columns: usize,
  input: usize,
  inputGroup: usize,
  inputRow: usize,
  inputSegment: usize,
  rowScales: usize,
  rowScaleStep: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  output: usize,
  outputGroup: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  for (let column: usize = 0; column < columns; column += 8) {
    let rowScale = rowScales;
    for (let group: usize = 0; group < groups; group++) {
      let from = input + group * inputGroup;
      let to = output + group * outputGroup + (column << 2);
      let left = rows;
      for (; left >= 4; left -= 4) {
        tile4(from, inputRow, segments, inputSegment, pairs, rowScale, rowScaleStep, weights, scale, bias, to, outputRow, accumulate, relu);
        from += 4 * inputRow;
        to += 4 * outputRow;
        rowScale += 4 * rowScaleStep;
      }
      if (left >= 2) {
        tile2(from, inputRow, segments, inputSegment, pairs, rowScale, rowScaleStep, weights, scale, bias, to, outputRow, accumulate, relu);
        left -= 2;
        from += 2 * inputRow;
        to += 2 * outputRow;
        rowScale += 2 * rowScaleStep;
      }
      if (left == 1) {
        tile1(from, segments, inputSegment, pairs, rowScale, weights, scale, bias, to, accumulate, relu);
        rowScale += rowScaleStep;
      }
    }
    weights += (segments * pairs) << 4;
    scale += 32;
    bias += 32;
  }
}

/** Compute 4 rows by 8 columns in 8 registers. */
function tile4(
  input: usize,
  inputRow: usize,
  segments: usize,
  inputSegment: usize,
  pairs: usize,
  rowScale: usize,
  rowScaleStep: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  output: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  let a0 = i32x4.splat(0);
  let a1 = a0, b0 = a0, b1 = a0, c0 = a0, c1 = a0, d0 = a0, d1 = a0;
  for (let segment: usize = 0; segment < segments; segment++) {
    let a = input;
    let b = a + inputRow;
    let c = b + inputRow;
    let d = c + inputRow;
    for (const end = a + (pairs << 2); a < end; ) {
      const w = v128.load(weights);
      const w0 = i16x8.extend_low_i8x16_s(w);
      const w1 = i16x8.extend_high_i8x16_s(w);
      let x = v128.load_splat<i32>(a);
      a0 = dotAdd(x, w0, a0);
      a1 = dotAdd(x, w1, a1);
      x = v128.load_splat<i32>(b);
      b0 = dotAdd(x, w0, b0);
      b1 = dotAdd(x, w1, b1);
      x = v128.load_splat<i32>(c);
      c0 = dotAdd(x, w0, c0);
      c1 = dotAdd(x, w1, c1);
      x = v128.load_splat<i32>(d);
      d0 = dotAdd(x, w0, d0);
      d1 = dotAdd(x, w1, d1);
      weights += 16;
      a += 4;
      b += 4;
      c += 4;
      d += 4;
    }
    input += inputSegment;
  }
  finish(a0, a1, rowScale, scale, bias, output, accumulate, relu);
  finish(b0, b1, rowScale + rowScaleStep, scale, bias, output + outputRow, accumulate, relu);
  finish(c0, c1, rowScale + 2 * rowScaleStep, scale, bias, output + 2 * outputRow, accumulate, relu);
  finish(d0, d1, rowScale + 3 * rowScaleStep, scale, bias, output + 3 * outputRow, accumulate, relu);
}

function tile2(
  input: usize,
  inputRow: usize,
  segments: usize,
  inputSegment: usize,
  pairs: usize,
  rowScale: usize,
  rowScaleStep: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  output: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  let a0 = i32x4.splat(0);
  let a1 = a0, b0 = a0, b1 = a0;
  for (let segment: usize = 0; segment < segments; segment++) {
    let a = input;
    let b = a + inputRow;
    for (const end = a + (pairs << 2); a < end; ) {
      const w = v128.load(weights);
      const w0 = i16x8.extend_low_i8x16_s(w);
      const w1 = i16x8.extend_high_i8x16_s(w);
      let x = v128.load_splat<i32>(a);
      a0 = dotAdd(x, w0, a0);
      a1 = dotAdd(x, w1, a1);
      x = v128.load_splat<i32>(b);
      b0 = dotAdd(x, w0, b0);
      b1 = dotAdd(x, w1, b1);
      weights += 16;
      a += 4;
      b += 4;
    }
    input += inputSegment;
  }
  finish(a0, a1, rowScale, scale, bias, output, accumulate, relu);
  finish(b0, b1, rowScale + rowScaleStep, scale, bias, output + outputRow, accumulate, relu);
}

function tile1(
  input: usize,
  segments: usize,
  inputSegment: usize,
  pairs: usize,
  rowScale: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  output: usize,
  accumulate: bool,
  relu: bool,
): void {
  let a0 = i32x4.splat(0);
  let a1 = a0;
  for (let segment: usize = 0; segment < segments; segment++) {
    let a = input;
    for (const end = a + (pairs << 2); a < end; a += 4) {
      const w = v128.load(weights);
      const x = v128.load_splat<i32>(a);
      a0 = dotAdd(x, i16x8.extend_low_i8x16_s(w), a0);
      a1 = dotAdd(x, i16x8.extend_high_i8x16_s(w), a1);
      weights += 16;
    }
    input += inputSegment;
  }
  finish(a0, a1, rowScale, scale, bias, output, accumulate, relu);
}

/** sum += x * y, for pairs of int16 whose products are added */
// @ts-ignore: decorator
@inline
function dotAdd(x: v128, y: v128, sum: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(x, y));
}

/** Store 8 sums of a row as numbers: sum * row scale * column scale + bias (+ what is there). */
// @ts-ignore: decorator
@inline
function finish(
  low: v128,
  high: v128,
  rowScale: usize,
  scale: usize,
  bias: usize,
  at: usize,
  accumulate: bool,
  relu: bool,
): void {
  const ofRow = v128.load_splat<f32>(rowScale);
  let first = madd(f32x4.convert_i32x4_s(low), f32x4.mul(ofRow, v128.load(scale)), v128.load(bias));
  let second = madd(f32x4.convert_i32x4_s(high), f32x4.mul(ofRow, v128.load(scale, 16)), v128.load(bias, 16));
  if (accumulate) {
    first = f32x4.add(first, v128.load(at));
    second = f32x4.add(second, v128.load(at, 16));
  }
  if (relu) {
    first = f32x4.max(first, f32x4.splat(0));
    second = f32x4.max(second, f32x4.splat(0));
  }
  v128.store(at, first);
  v128.store(at, second, 16);
}

// @ts-ignore: decorator
@inline
function madd(x: v128, y: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** Layer normalisation of `rows` rows of `width` (arXiv:1607.06450), epsilon 1e-5. */
export function layerNorm(
  rows: usize,
  width: usize,
  input: usize,
  scale: usize,
  bias: usize,
  output: usize,
): void {
  const bytes = width << 2;
  for (let row: usize = 0; row < rows; row++) {
    let sum: f64 = 0;
    for (let i: usize = 0; i < bytes; i += 4) sum += load<f32>(input + i);
    const mean = <f32>(sum / width);
    let squares: f64 = 0;
    for (let i: usize = 0; i < bytes; i += 4) {
      const centred = load<f32>(input + i) - mean;
      squares += centred * centred;
    }
    const inverse = <f32>(1 / Math.sqrt(squares / width + 1e-5));
    for (let i: usize = 0; i < bytes; i += 4) {
      const normal = (load<f32>(input + i) - mean) * inverse;
      store<f32>(output + i, normal * load<f32>(scale + i) + load<f32>(bias + i));
    }
    input += bytes;
    output += bytes;
  }
}

/**
 * Multi-head self-attention (arXiv:1706.03762, eq. 1) over all rows.
 *
 * qkv: [rows, 3 * width]: queries, keys, values, each [heads, width / heads]; output: [rows, width];
 * scores: room for [rows] numbers.
 */
export function attention(
  rows: usize,
  width: usize,
  heads: usize,
  qkv: usize,
  scores: usize,
  output: usize,
): void {
  const bytes = width << 2;
  const headBytes = bytes / heads;
  const scale = <f32>(1 / Math.sqrt(<f64>(width / heads)));
  for (let row: usize = 0; row < rows; row++) {
    const outputRow = output + row * bytes;
    for (let head: usize = 0; head < bytes; head += headBytes) {
      const query = qkv + row * 3 * bytes + head;
      let largest: f32 = -Infinity;
      for (let other: usize = 0; other < rows; other++) {
        const score = scale * dot(query, qkv + (other * 3 + 1) * bytes + head, headBytes);
        store<f32>(scores + (other << 2), score);
        largest = max(largest, score);
      }
      let sum: f32 = 0;
      for (let other: usize = 0; other < rows; other++) {
        const at = scores + (other << 2);
        const weight = Mathf.exp(load<f32>(at) - largest);
        store<f32>(at, weight);
        sum += weight;
      }
      memory.fill(outputRow + head, 0, headBytes);
      for (let other: usize = 0; other < rows; other++) {
        const weight = load<f32>(scores + (other << 2)) / sum;
        addScaled(outputRow + head, weight, qkv + (other * 3 + 2) * bytes + head, headBytes);
      }
    }
  }
}

/** Mean over all rows of all groups: a map to a vector of `width`. */
export function mean(
  groups: usize,
  rows: usize,
  width: usize,
  input: usize,
  inputGroup: usize,
  output: usize,
): void {
  const bytes = width << 2;
  const weight = <f32>1 / <f32>(groups * rows);
  memory.fill(output, 0, bytes);
  for (let group: usize = 0; group < groups; group++) {
    for (let row: usize = 0; row < rows; row++) {
      addScaled(output, weight, input + group * inputGroup + row * bytes, bytes);
    }
  }
}

function dot(x: usize, y: usize, bytes: usize): f32 {
  let sums = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) sums = madd(v128.load(x + i), v128.load(y + i), sums);
  let sum =
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3));
  for (; i < bytes; i += 4) sum += load<f32>(x + i) * load<f32>(y + i);
  return sum;
}

/** y += weight * x */
function addScaled(y: usize, weight: f32, x: usize, bytes: usize): void {
  const weights = f32x4.splat(weight);
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) {
    v128.store(y + i, madd(weights, v128.load(x + i), v128.load(y + i)));
  }
  for (; i < bytes; i += 4) store<f32>(y + i, load<f32>(y + i) + weight * load<f32>(x + i));
}
