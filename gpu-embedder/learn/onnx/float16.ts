import type { TensorData } from './graph.ts';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Round to IEEE 754 half precision, to bits (nearest even; numbers beyond 65504 become infinity). */
export function toFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) out[i] = halfBits(values[i]);
  return out;
}

function halfBits(value: number): number {
  float[0] = value;
  const x = bits[0];
  const sign = (x >>> 16) & 0x8000;
  const exponent = ((x >>> 23) & 0xff) - 127 + 15;
  const mantissa = x & 0x7fffff;
  if (exponent >= 31) {
    const isNaN = ((x >>> 23) & 0xff) === 0xff && mantissa !== 0;
    return sign | 0x7c00 | (isNaN ? 0x200 : 0);
  }
  if (exponent <= 0) {
    if (exponent < -10) return sign;
    return sign | roundShift(mantissa | 0x800000, 14 - exponent);
  }
  // A carry out of the mantissa correctly raises the exponent.
  return sign | ((exponent << 10) + roundShift(mantissa, 13));
}

/** Shift right, rounding to nearest, ties to even. */
function roundShift(value: number, shift: number): number {
  const half = 1 << (shift - 1);
  const rest = value & ((1 << shift) - 1);
  const kept = value >>> shift;
  return kept + (rest > half || (rest === half && kept & 1) ? 1 : 0);
}

/** Widen half-precision bits. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const table = (numbers ??= widenAll());
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = table[halves[i]];
  return out;
}

/** Every half-precision number by its bits. The table is made when it is first needed. */
let numbers: Float32Array | undefined;

function widenAll(): Float32Array {
  const table = new Float32Array(2 ** 16);
  for (let half = 0; half < table.length; half++) table[half] = widen(half);
  return table;
}

function widen(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const mantissa = half & 1023;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 31) return mantissa ? NaN : sign * Infinity;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Widen half precision to float32. */
export function widened({ dtype, shape, data }: TensorData): TensorData {
  if (dtype !== 'float16') return { dtype, shape, data };
  return { dtype: 'float32', shape, data: fromFloat16(data as Uint16Array) };
}
