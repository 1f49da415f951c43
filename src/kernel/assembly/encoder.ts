// Kernels of both towers (src/encoder). They compute one image or one text at a time in a linear
// memory that the host lays out. Activations are float32; matrices are int8 with a float32 scale per
// column. Addresses and strides are in bytes. The widths of weights must be multiples of 8; the
// numbers of rows, depths and heads may be any.

/**
 * Compute output = input x (weights * scale) + bias (+ output) (then relu). This serves dense layers,
 * and 3x3 convolutions on maps with a border of zeros, where the three taps of a line are adjacent.
 *
 * Row r of group g has `segments` pieces of `depth` numbers; piece s is at
 * input + g * inputGroup + r * inputRow + s * inputSegment.
 * weights: int8 panels of 8 columns, [columns / 8][segments * depth][8]; scale, bias: [columns];
 * panel: room for [segments * depth][8] numbers.
 *
 * A panel is widened once for all rows. When every tile widened it, an image took 30 % longer.
 */
export function product(
  groups: usize,
  rows: usize,
  segments: usize,
  depth: usize,
  columns: usize,
  input: usize,
  inputGroup: usize,
  inputRow: usize,
  inputSegment: usize,
  weights: usize,
  scale: usize,
  bias: usize,
  panel: usize,
  output: usize,
  outputGroup: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  const panelDepth = segments * depth;
  for (let column: usize = 0; column < columns; column += 8) {
    widenPanel(panelDepth, weights, scale, panel);
    for (let group: usize = 0; group < groups; group++) {
      let from = input + group * inputGroup;
      let to = output + group * outputGroup + (column << 2);
      for (let left = rows; left > 0; ) {
        if (left == 1) {
          tile1(from, segments, inputSegment, depth, panel, bias, to, accumulate, relu);
          break;
        }
        const count = min(left, 4);
        tile4(count, from, inputRow, segments, inputSegment, depth, panel, bias, to, outputRow, accumulate, relu);
        left -= count;
        from += 4 * inputRow;
        to += 4 * outputRow;
      }
    }
    weights += panelDepth << 3;
    scale += 32;
    bias += 32;
  }
}

/** Widen a panel, [depth][8] int8, to float32, and multiply each column by its scale. */
function widenPanel(depth: usize, weights: usize, scale: usize, panel: usize): void {
  const low = v128.load(scale);
  const high = v128.load(scale, 16);
  for (const end = weights + (depth << 3); weights < end; weights += 8) {
    const w = v128.load_ext<i8>(weights);
    v128.store(panel, f32x4.mul(low, f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(w))));
    v128.store(panel, f32x4.mul(high, f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(w))), 16);
    panel += 32;
  }
}

/** Compute 2 to 4 rows by 8 columns in 8 registers. With fewer than 4 rows the last is repeated. */
function tile4(
  count: usize,
  input: usize,
  inputRow: usize,
  segments: usize,
  inputSegment: usize,
  depth: usize,
  panel: usize,
  bias: usize,
  output: usize,
  outputRow: usize,
  accumulate: bool,
  relu: bool,
): void {
  const third = min(2, count - 1) * inputRow;
  const fourth = (count - 1) * inputRow;
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  let b0 = a0, b1 = a1, c0 = a0, c1 = a1, d0 = a0, d1 = a1;
  for (let segment: usize = 0; segment < segments; segment++) {
    let a = input;
    let b = input + inputRow;
    let c = input + third;
    let d = input + fourth;
    for (const end = a + (depth << 2); a < end; ) {
      const w0 = v128.load(panel);
      const w1 = v128.load(panel, 16);
      let x = v128.load_splat<f32>(a);
      a0 = madd(x, w0, a0);
      a1 = madd(x, w1, a1);
      x = v128.load_splat<f32>(b);
      b0 = madd(x, w0, b0);
      b1 = madd(x, w1, b1);
      x = v128.load_splat<f32>(c);
      c0 = madd(x, w0, c0);
      c1 = madd(x, w1, c1);
      x = v128.load_splat<f32>(d);
      d0 = madd(x, w0, d0);
      d1 = madd(x, w1, d1);
      panel += 32;
      a += 4;
      b += 4;
      c += 4;
      d += 4;
    }
    input += inputSegment;
  }
  store8(output, a0, a1, accumulate, relu);
  store8(output + outputRow, b0, b1, accumulate, relu);
  if (count > 2) store8(output + 2 * outputRow, c0, c1, accumulate, relu);
  if (count > 3) store8(output + 3 * outputRow, d0, d1, accumulate, relu);
}

function tile1(
  input: usize,
  segments: usize,
  inputSegment: usize,
  depth: usize,
  panel: usize,
  bias: usize,
  output: usize,
  accumulate: bool,
  relu: bool,
): void {
  let a0 = v128.load(bias);
  let a1 = v128.load(bias, 16);
  for (let segment: usize = 0; segment < segments; segment++) {
    let a = input;
    for (const end = a + (depth << 2); a < end; a += 4) {
      const x = v128.load_splat<f32>(a);
      a0 = madd(x, v128.load(panel), a0);
      a1 = madd(x, v128.load(panel, 16), a1);
      panel += 32;
    }
    input += inputSegment;
  }
  store8(output, a0, a1, accumulate, relu);
}

// @ts-ignore: decorator
@inline
function madd(x: v128, y: v128, sum: v128): v128 {
  return f32x4.add(sum, f32x4.mul(x, y));
}

// @ts-ignore: decorator
@inline
function store8(at: usize, low: v128, high: v128, accumulate: bool, relu: bool): void {
  if (accumulate) {
    low = f32x4.add(low, v128.load(at));
    high = f32x4.add(high, v128.load(at, 16));
  }
  if (relu) {
    low = f32x4.max(low, f32x4.splat(0));
    high = f32x4.max(high, f32x4.splat(0));
  }
  v128.store(at, low);
  v128.store(at, high, 16);
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
