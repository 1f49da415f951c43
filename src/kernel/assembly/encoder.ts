// Kernels of the towers (src/encoder). They compute one image or one text at a time in a linear memory
// that the host lays out. Activations are float32. Addresses and strides are in bytes. Numbers of rows,
// depths and heads may be any; columns of a product are a multiple of 8.
import { exp4 } from './activation';
export { gelu, geluTanh, quickGelu, relu } from './activation';
export { gather, product, quantise } from './product';

// @ts-ignore: decorator
@inline
function madd(x: v128, y: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

/** Layer normalisation of `rows` rows of `width` (arXiv:1607.06450). */
export function layerNorm(
  rows: usize,
  width: usize,
  epsilon: f64,
  input: usize,
  scale: usize,
  bias: usize,
  output: usize,
): void {
  const bytes = width << 2;
  for (let row: usize = 0; row < rows; row++) {
    const mean = <f32>(sumOf(input, bytes) / <f64>width);
    const inverse = <f32>(1 / Math.sqrt(squaresAround(mean, input, bytes) / <f64>width + epsilon));
    let i: usize = 0;
    for (; i + 16 <= bytes; i += 16) {
      const centred = f32x4.sub(v128.load(input + i), f32x4.splat(mean));
      const normal = f32x4.mul(centred, f32x4.splat(inverse));
      v128.store(output + i, madd(normal, v128.load(scale + i), v128.load(bias + i)));
    }
    for (; i < bytes; i += 4) {
      const normal = (load<f32>(input + i) - mean) * inverse;
      store<f32>(output + i, normal * load<f32>(scale + i) + load<f32>(bias + i));
    }
    input += bytes;
    output += bytes;
  }
}

/** In float64: rows far from zero keep their differences. */
function sumOf(at: usize, bytes: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    sums = f64x2.add(sums, f64x2.promote_low_f32x4(v128.load64_zero(at + i)));
  }
  const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  return i < bytes ? sum + load<f32>(at + i) : sum;
}

function squaresAround(mean: f32, at: usize, bytes: usize): f64 {
  let sums = f64x2.splat(0);
  let i: usize = 0;
  for (; i + 8 <= bytes; i += 8) {
    const centred = f32x4.sub(v128.load64_zero(at + i), f32x4.splat(mean));
    const wide = f64x2.promote_low_f32x4(centred);
    sums = f64x2.add(sums, f64x2.mul(wide, wide));
  }
  const sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  if (i == bytes) return sum;
  const last = <f64>(load<f32>(at + i) - mean);
  return sum + last * last;
}

/**
 * Multi-head attention (arXiv:1706.03762, eq. 1) of `rows` queries over `keys` keys and values.
 *
 * Rows of queries, keys and values start at a distance of `queryRow` and `keyRow` bytes, and each holds
 * [heads, width / heads]; output: [rows, width]; scores: room for [keys] numbers, in whole vectors.
 * causal: the queries are those of the last `rows` keys, and each sees no key after its own.
 */
export function attention(
  rows: usize,
  keys: usize,
  width: usize,
  heads: usize,
  causal: bool,
  queries: usize,
  queryRow: usize,
  keysAt: usize,
  valuesAt: usize,
  keyRow: usize,
  scores: usize,
  output: usize,
): void {
  const bytes = width << 2;
  const headBytes = bytes / heads;
  const scale = <f32>(1 / Math.sqrt(<f64>(width / heads)));
  for (let row: usize = 0; row < rows; row++) {
    const seen = causal ? keys - rows + row + 1 : keys;
    for (let head: usize = 0; head < bytes; head += headBytes) {
      const query = queries + row * queryRow + head;
      let largest: f32 = -Infinity;
      for (let key: usize = 0; key < seen; key++) {
        const score = scale * dot(query, keysAt + key * keyRow + head, headBytes);
        store<f32>(scores + (key << 2), score);
        largest = max(largest, score);
      }
      const inverse: f32 = <f32>1 / exponentials(seen, largest, scores);
      memory.fill(output + head, 0, headBytes);
      for (let key: usize = 0; key < seen; key++) {
        const weight = load<f32>(scores + (key << 2)) * inverse;
        addScaled(output + head, weight, valuesAt + key * keyRow + head, headBytes);
      }
    }
    output += bytes;
  }
}

/** Replace each score by e^(score - largest), and return the sum. */
function exponentials(count: usize, largest: f32, scores: usize): f32 {
  const end = scores + (count << 2);
  for (let at = end; at & 15; at += 4) store<f32>(at, -Infinity);
  let sums = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) {
    const values = exp4(f32x4.sub(v128.load(at), f32x4.splat(largest)));
    v128.store(at, values);
    sums = f32x4.add(sums, values);
  }
  return sumLanes(sums);
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
  let sum = sumLanes(sums);
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

// @ts-ignore: decorator
@inline
function sumLanes(sums: v128): f32 {
  return (
    f32x4.extract_lane(sums, 0) +
    f32x4.extract_lane(sums, 1) +
    (f32x4.extract_lane(sums, 2) + f32x4.extract_lane(sums, 3))
  );
}
