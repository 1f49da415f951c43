import { codeStrideOf, strideOf } from './format.ts';

/** The ways to store vectors in a vector file, from the most precise to the smallest. */
export const quantisations = ['int8+residual', 'int8', '1bit+int8', '1bit'] as const;

export type Quantisation = (typeof quantisations)[number];

/** Vectors with 8 bits for each dimension, and a scale for each dimension. */
export interface Plane {
  /** [stride]; the numbers after `dim` are zero, as in all rows. */
  readonly scales: Float32Array;
  /** [count, stride] */
  readonly values: Int8Array;
}

/** Vectors with one bit for each dimension: x ~ centre + scales * (bit ? 1 : -1). */
export interface Codes {
  /** [stride] */
  readonly centre: Float32Array;
  /** [stride] */
  readonly scales: Float32Array;
  /** [count, codeStride], bit j of a row is bit j % 8 of its byte j / 8. */
  readonly bits: Uint8Array;
}

export interface QuantisedVectors {
  readonly count: number;
  readonly dim: number;
  readonly codes: Codes | null;
  /** x ~ scales * values; `sums` [count] has the sum of each row of `values`. */
  readonly vectors: (Plane & { readonly sums: Int32Array }) | null;
  /** The rounding errors of `vectors`. */
  readonly residuals: Plane | null;
}

/**
 * Quantise vectors.
 *
 * @param x - [count, dim], finite
 */
export function quantise(
  x: Float32Array,
  dim: number,
  quantisation: Quantisation,
): QuantisedVectors {
  const count = x.length / dim;
  const codes = quantisation.startsWith('1bit') ? codesOf(x, count, dim) : null;
  if (quantisation === '1bit') return { count, dim, codes, vectors: null, residuals: null };
  const vectors = planeOf(x, count, dim);
  const residuals =
    quantisation === 'int8+residual' ? planeOf(errorsOf(x, count, dim, vectors), count, dim) : null;
  return { count, dim, codes, vectors: { ...vectors, sums: sumsOf(vectors, count) }, residuals };
}

function planeOf(x: Float32Array, count: number, dim: number): Plane {
  const stride = strideOf(dim);
  const scales = new Float32Array(stride);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) scales[j] = Math.max(scales[j]!, Math.abs(x[i * dim + j]!) / 127);
  }
  const inverse = scales.map((scale) => (scale > 0 ? 1 / scale : 0));
  const values = new Int8Array(count * stride);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) {
      const value = Math.round(x[i * dim + j]! * inverse[j]!);
      values[i * stride + j] = Math.max(-127, Math.min(127, value));
    }
  }
  return { scales, values };
}

function sumsOf({ scales, values }: Plane, count: number): Int32Array {
  const stride = scales.length;
  const sums = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let j = i * stride; j < (i + 1) * stride; j++) sum += values[j]!;
    sums[i] = sum;
  }
  return sums;
}

function errorsOf(x: Float32Array, count: number, dim: number, plane: Plane): Float32Array {
  const { scales, values } = plane;
  const errors = new Float32Array(x.length);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) {
      errors[i * dim + j] = x[i * dim + j]! - scales[j]! * values[i * scales.length + j]!;
    }
  }
  return errors;
}

/**
 * Take the mean as the centre, the signs of the differences as bits, and their mean size as scales.
 */
function codesOf(x: Float32Array, count: number, dim: number): Codes {
  const stride = strideOf(dim);
  const codeStride = codeStrideOf(dim);
  const centre = new Float64Array(stride);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) centre[j]! += x[i * dim + j]! / count;
  }
  const scales = new Float64Array(stride);
  const bits = new Uint8Array(count * codeStride);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < dim; j++) {
      const offset = x[i * dim + j]! - centre[j]!;
      scales[j]! += Math.abs(offset) / count;
      if (offset > 0) bits[i * codeStride + (j >> 3)]! |= 1 << (j & 7);
    }
  }
  return { centre: Float32Array.from(centre), scales: Float32Array.from(scales), bits };
}
