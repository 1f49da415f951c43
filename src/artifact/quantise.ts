import { strideOf } from './format.ts';

/** Vectors as two int8 planes: x ~ scales * vectors + residualScales * residuals, per dimension. */
export interface QuantisedVectors {
  readonly count: number;
  readonly dim: number;
  /** [stride], as all rows: zero past `dim`. */
  readonly scales: Float32Array;
  /** [count, stride] */
  readonly vectors: Int8Array;
  /** [count]: sum of each row of `vectors`. */
  readonly sums: Int32Array;
  readonly residualScales: Float32Array | null;
  /** [count, stride] */
  readonly residuals: Int8Array | null;
}

/**
 * Quantise to 8 bits with a scale per dimension; the residual plane holds what that loses, to 8 bits again.
 *
 * @param x - [count, dim], finite
 */
export function quantise(x: Float32Array, dim: number, residual: boolean): QuantisedVectors {
  const count = x.length / dim;
  const stride = strideOf(dim);
  const first = plane(x, count, dim, stride);
  const sums = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = 0; j < dim; j++) sum += first.values[i * stride + j];
    sums[i] = sum;
  }
  const base = { count, dim, scales: first.scales, vectors: first.values, sums };
  if (!residual) return { ...base, residualScales: null, residuals: null };
  const rest = new Float32Array(x.length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) {
      rest[i * dim + j] = x[i * dim + j] - first.scales[j] * first.values[i * stride + j];
    }
  }
  const second = plane(rest, count, dim, stride);
  return { ...base, residualScales: second.scales, residuals: second.values };
}

function plane(x: Float32Array, count: number, dim: number, stride: number) {
  const scales = new Float32Array(stride);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) scales[j] = Math.max(scales[j], Math.abs(x[i * dim + j]) / 127);
  }
  const inverse = scales.map((scale) => (scale > 0 ? 1 / scale : 0));
  const values = new Int8Array(count * stride);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) {
      const value = Math.round(x[i * dim + j] * inverse[j]);
      values[i * stride + j] = Math.max(-127, Math.min(127, value));
    }
  }
  return { scales, values };
}
