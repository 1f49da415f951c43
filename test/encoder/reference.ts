/** Rows of numbers; the plain float64 specification of the kernels. */
export type Matrix = readonly (readonly number[])[];

export function product(x: Matrix, w: Matrix, bias: readonly number[]): number[][] {
  return x.map((row) =>
    bias.map((start, column) => row.reduce((sum, value, k) => sum + value * w[k][column], start)),
  );
}

/** Each row rounded to whole multiples of its largest magnitude / `largest`. */
export function quantised(x: Matrix, largest: number): number[][] {
  return x.map((row) => {
    const step = Math.max(...row.map(Math.abs)) / largest;
    return row.map((value) => (step === 0 ? 0 : step * Math.round(value / step)));
  });
}

/** erf by its Taylor series, and by 1 where that has converged to it. */
function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

export const activations = {
  relu: (x: number) => Math.max(0, x),
  'quick-gelu': (x: number) => x / (1 + Math.exp(-1.702 * x)),
  gelu: (x: number) => (x / 2) * (1 + erf(x / Math.SQRT2)),
  'gelu-tanh': (x: number) =>
    (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};

export function layerNorm(
  x: Matrix,
  scale: readonly number[],
  bias: readonly number[],
  epsilon: number,
): number[][] {
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
    return row.map((v, i) => ((v - mean) / Math.sqrt(variance + epsilon)) * scale[i] + bias[i]);
  });
}

/** qkv: [rows, 3 * width]; causal: a row sees none after it. */
export function attention(qkv: Matrix, width: number, heads: number, causal = false): number[][] {
  const headWidth = width / heads;
  return qkv.map((own, position) => {
    const seen = causal ? qkv.slice(0, position + 1) : qkv;
    const output: number[] = [];
    for (let head = 0; head < width; head += headWidth) {
      const part = (row: readonly number[], which: number): readonly number[] =>
        row.slice(which * width + head, which * width + head + headWidth);
      const query = part(own, 0);
      const exponentials = seen.map((row) => {
        const dot = part(row, 1).reduce((sum, key, i) => sum + key * query[i], 0);
        return Math.exp(dot / Math.sqrt(headWidth));
      });
      const total = exponentials.reduce((a, b) => a + b);
      for (let i = 0; i < headWidth; i++) {
        const mixed = seen.map((row, at) => (exponentials[at] / total) * part(row, 2)[i]);
        output.push(mixed.reduce((a, b) => a + b));
      }
    }
    return output;
  });
}

/**
 * Convolution with stride 1 and zeros around. `x` [channels][side][side];
 * `w` [out][channels][kernel][kernel], flat.
 */
export function convolution(
  x: readonly Matrix[],
  w: ArrayLike<number>,
  bias: readonly number[],
  kernel: number,
): number[][][] {
  const pad = (kernel - 1) / 2;
  const side = x[0].length;
  const range = Array.from({ length: side }, (_, i) => i);
  return bias.map((start, out) =>
    range.map((y) =>
      range.map((column) => {
        let sum = start;
        x.forEach((plane, channel) => {
          for (let ky = 0; ky < kernel; ky++) {
            for (let kx = 0; kx < kernel; kx++) {
              const value = plane[y + ky - pad]?.[column + kx - pad] ?? 0;
              sum += value * w[((out * x.length + channel) * kernel + ky) * kernel + kx];
            }
          }
        });
        return sum;
      }),
    ),
  );
}

/** [channels][side][side] -> [channels * p * p][side / p][side / p], channel (c, dy, dx). */
export function spaceToDepth(x: readonly Matrix[], p: number): number[][][] {
  const side = x[0].length / p;
  const range = Array.from({ length: side }, (_, i) => i);
  return x.flatMap((plane) =>
    Array.from({ length: p * p }, (_, at) =>
      range.map((y) =>
        range.map((column) => plane[y * p + Math.floor(at / p)][column * p + (at % p)]),
      ),
    ),
  );
}
