/** Rows of numbers; the plain float64 specification of the kernels. */
export type Matrix = readonly (readonly number[])[];

export function product(x: Matrix, w: Matrix, bias: readonly number[]): number[][] {
  return x.map((row) =>
    bias.map((start, column) => row.reduce((sum, value, k) => sum + value * w[k][column], start)),
  );
}

export function layerNorm(
  x: Matrix,
  scale: readonly number[],
  bias: readonly number[],
): number[][] {
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b) / row.length;
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length;
    return row.map((v, i) => ((v - mean) / Math.sqrt(variance + 1e-5)) * scale[i] + bias[i]);
  });
}

/** qkv: [rows, 3 * width] */
export function attention(qkv: Matrix, width: number, heads: number): number[][] {
  const headWidth = width / heads;
  return qkv.map((own) => {
    const output: number[] = [];
    for (let head = 0; head < width; head += headWidth) {
      const part = (row: readonly number[], which: number): readonly number[] =>
        row.slice(which * width + head, which * width + head + headWidth);
      const query = part(own, 0);
      const exponentials = qkv.map((row) => {
        const dot = part(row, 1).reduce((sum, key, i) => sum + key * query[i], 0);
        return Math.exp(dot / Math.sqrt(headWidth));
      });
      const total = exponentials.reduce((a, b) => a + b);
      for (let i = 0; i < headWidth; i++) {
        const mixed = qkv.map((row, at) => (exponentials[at] / total) * part(row, 2)[i]);
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
