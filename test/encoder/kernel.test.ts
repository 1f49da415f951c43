import { describe, expect, it } from 'vitest';
import { packConvolution, packMatrix } from '../../gpu-embedder/learn/model/pack-weights.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import type { EncoderKernel } from '../../src/encoder/encoder-kernel.ts';
import { codeLimit, quantisedLengths } from '../../src/encoder/product.ts';
import { activationOf } from '../../src/encoder/transformer.ts';
import { createMemory, instantiate } from '../../src/kernel/webassembly.ts';
import * as reference from './reference.ts';

const random = createRandom(7);
const numbers = (length: number): Float32Array =>
  Float32Array.from({ length }, () => random.normal());
const rowsOf = (data: Float32Array, width: number): number[][] =>
  Array.from({ length: data.length / width }, (_, i) => [
    ...data.subarray(i * width, (i + 1) * width),
  ]);

/**
 * A matrix [depth, columns] that int8 holds exactly: whole numbers up to 127, which every column
 * has, times a power of two of its own.
 */
function matrix(depth: number, columns: number): Float32Array {
  return Float32Array.from({ length: depth * columns }, (_, i) => {
    const whole = i < columns ? 127 * (-1) ** i : random.integer(255) - 127;
    return whole * 2 ** ((i % columns) % 5);
  });
}

/** A kernel over a fresh memory, with the arrays placed one after the other, NaN in between. */
function place(...arrays: (Float32Array | Int8Array)[]): {
  kernel: EncoderKernel;
  at: number[];
  read: (at: number, length: number) => number[];
} {
  const memory = createMemory(8);
  const kernel = instantiate<EncoderKernel>(loadWasm('encoder'), memory);
  new Float32Array(memory.buffer, 65536).fill(NaN);
  let end = 65536;
  const at = arrays.map((array) => {
    const start = end;
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    new Uint8Array(memory.buffer, start).set(bytes);
    end += Math.ceil(array.byteLength / 64) * 64 + 64;
    return start;
  });
  return { kernel, at, read: (from, n) => [...new Float32Array(memory.buffer, from, n)] };
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  actual.forEach((value, i) => {
    expect(Math.abs(value - expected[i]) / scale, `at ${i}: ${value}, ${expected[i]}`).toBeLessThan(
      2e-6,
    );
  });
}

/** Run `quantise` and `product` over one group, with NaN around all that they may not read or write. */
function multiply(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array,
  given: {
    rows: number;
    depth: number;
    columns: number;
    output?: Float32Array;
    relu?: boolean;
  },
): { actual: number[]; after: number[] } {
  // prettier-ignore
  const { rows, depth, columns, output, relu = false } = given;
  const { codes, scales } = packMatrix(w, depth, columns);
  const { codes: length } = quantisedLengths([{ rows, depth }]);
  const scratch = new Float32Array(length).fill(NaN);
  const sums = output ?? new Float32Array(rows * columns);
  const { kernel, at, read } = place(x, codes, scales, bias, scratch, new Float32Array(rows), sums);
  kernel.quantise(rows, depth, at[0], 4 * depth, codeLimit(depth), at[4], at[5]);
  // prettier-ignore
  kernel.product(
    1, rows, depth, columns, at[4], at[5], at[1], at[2], at[3], at[6], 0, 4 * columns,
    output !== undefined, relu,
  );
  const actual = read(at[6], rows * columns);
  return { actual, after: read(at[6] + 4 * rows * columns, 8) };
}

describe('product', () => {
  for (const rows of [1, 2, 3, 4, 5, 6, 7, 8, 9, 13]) {
    for (const [depth, columns] of [
      [1, 8],
      [13, 24],
      [32, 16],
    ]) {
      it(`multiplies ${rows} x ${depth} x ${columns}`, () => {
        const [x, bias, w] = [numbers(rows * depth), numbers(columns), matrix(depth, columns)];
        const { actual, after } = multiply(x, w, bias, { rows, depth, columns });
        const codes = reference.quantised(rowsOf(x, depth), codeLimit(depth));
        expectClose(actual, reference.product(codes, rowsOf(w, columns), [...bias]).flat());
        expect(after, 'nothing is written past the last row').toEqual(after.fill(NaN));
      });
    }
  }

  it('adds to what is there, then cuts off below zero', () => {
    const [x, bias, output] = [5 * 3, 8, 5 * 8].map(numbers);
    const w = matrix(3, 8);
    const given = { rows: 5, depth: 3, columns: 8, output, relu: true };
    const { actual } = multiply(x, w, bias, given);
    const codes = reference.quantised(rowsOf(x, 3), codeLimit(3));
    const sums = reference.product(codes, rowsOf(w, 8), [...bias]).flat();
    expectClose(
      actual,
      sums.map((sum, i) => Math.max(0, sum + output[i])),
    );
  });

  for (const depth of [2064, 2065, 4097]) {
    it(`holds sums of ${depth} numbers that are all the largest`, () => {
      const x = new Float32Array(2 * depth).fill(3);
      const w = new Float32Array(depth * 8).fill(-0.5);
      const { actual } = multiply(x, w, new Float32Array(8), { rows: 2, depth, columns: 8 });
      expectClose(actual, new Array<number>(16).fill(-1.5 * depth));
    });
  }

  it('takes rows of zeros, and of numbers near the smallest', () => {
    const x = Float32Array.of(0, 0, 0, 1e-42, 1e-38, 0, 1, 2, 3);
    const w = matrix(3, 8);
    const { actual } = multiply(x, w, new Float32Array(8), { rows: 3, depth: 3, columns: 8 });
    for (const value of actual.slice(0, 16)) expect(Math.abs(value)).toBeLessThan(1e-33);
    expect(Math.abs(actual[16])).toBeGreaterThan(1);
  });

  it('is as close to float as 13 bits are, in rows with an outlier', () => {
    const [rows, depth, columns] = [7, 129, 8];
    const x = numbers(rows * depth).map((value, i) => (i % depth === 5 ? 20 * value : value));
    const [w, bias] = [matrix(depth, columns), numbers(columns)];
    const { actual } = multiply(x, w, bias, { rows, depth, columns });
    const expected = reference.product(rowsOf(x, depth), rowsOf(w, columns), [...bias]).flat();
    const scale = Math.max(...expected.map(Math.abs));
    actual.forEach((value, i) => expect(Math.abs(value - expected[i]) / scale).toBeLessThan(2e-3));
  });

  for (const [side, channels, out] of [
    [1, 3, 8],
    [3, 5, 16],
    [6, 8, 8],
  ]) {
    it(`convolves ${channels} maps of ${side} x ${side} into ${out}`, () => {
      const depth = 9 * channels;
      const columns = matrix(depth, out);
      const w = columns.map((_, i) => columns[(i % depth) * out + Math.floor(i / depth)]);
      const bias = numbers(out);
      // Whole numbers of which 8191 is the largest are their own codes.
      const whole = (): Float32Array =>
        numbers(side * side).map((_, i) => (i % 2 ? -8191 : random.integer(8191)));
      const planes = Array.from({ length: channels }, () => rowsOf(whole(), side));
      planes[0][0][0] = 8191;
      const line = (side + 2) * channels;
      const input = new Float32Array((side + 2) * line);
      planes.forEach((plane, c) =>
        plane.forEach((row, y) =>
          row.forEach((value, x) => (input[(y + 1) * line + (x + 1) * channels + c] = value)),
        ),
      );
      const { codes, scales } = packConvolution(w, { out, channels, block: 1, kernel: 3 });
      const { codes: length } = quantisedLengths([{ rows: side * side, depth }]);
      const [scratch, rowScales] = [new Float32Array(length), new Float32Array(side * side)];
      const output = new Float32Array(side * side * out);
      const { codes: ofMap } = quantisedLengths([{ rows: 1, depth: input.length }]);
      const map = [new Float32Array(ofMap), new Float32Array(1)];
      const arrays = [input, codes, scales, bias, scratch, rowScales, output, ...map];
      const { kernel, at, read } = place(...arrays);
      kernel.quantise(1, input.length, at[0], 0, codeLimit(depth), at[7], at[8]);
      // prettier-ignore
      kernel.gather(
        side, side, 3, 3 * channels, at[7], 2 * line, 2 * channels, 2 * line, at[8], at[4], at[5],
      );
      // prettier-ignore
      kernel.product(
        side, side, depth, out, at[4], at[5], at[1], at[2], at[3], at[6], 4 * side * out, 4 * out,
        false, false,
      );
      const expected = reference.convolution(planes, w, [...bias], 3);
      const interleaved = Array.from({ length: side * side * out }, (_, i) => {
        const position = Math.floor(i / out);
        return expected[i % out][Math.floor(position / side)][position % side];
      });
      expectClose(read(at[6], side * side * out), interleaved);
    });
  }
});

describe('activations', () => {
  const x = Float32Array.from({ length: 404 }, (_, i) => (i - 202) / 16);
  for (const name of ['relu', 'quick-gelu', 'gelu', 'gelu-tanh'] as const) {
    it(`computes ${name}`, () => {
      const { kernel, at, read } = place(x);
      activationOf(kernel, name)(x.length, at[0]);
      const expected = [...x].map(reference.activations[name]);
      read(at[0], x.length).forEach((value, i) =>
        expect(Math.abs(value - expected[i]), `at ${x[i]}`).toBeLessThan(2e-6),
      );
      expect(read(at[0] + 4 * x.length, 4)).toEqual([NaN, NaN, NaN, NaN]);
    });
  }
});

describe('layerNorm', () => {
  for (const [rows, width] of [
    [1, 1],
    [2, 7],
    [3, 33],
    [5, 192],
  ]) {
    it(`normalises ${rows} rows of ${width}`, () => {
      const x = numbers(rows * width).map((value) => 100 + value);
      const [scale, bias] = [width, width].map(numbers);
      const { kernel, at, read } = place(x, scale, bias, new Float32Array(rows * width));
      kernel.layerNorm(rows, width, 1e-3, at[0], at[1], at[2], at[3]);
      const expected = reference.layerNorm(rowsOf(x, width), [...scale], [...bias], 1e-3);
      const actual = read(at[3], rows * width);
      expect(Math.max(...actual.map((v, i) => Math.abs(v - expected.flat()[i])))).toBeLessThan(
        3e-5,
      );
    });
  }
});

/** Attention of the last `rows` rows of qkv [keys, 3 * width]. */
function attend(
  qkv: Float32Array,
  given: {
    rows: number;
    keys: number;
    width: number;
    heads: number;
    causal: boolean;
  },
): { actual: number[] } {
  // prettier-ignore
  const { rows, keys, width, heads, causal } = given;
  const scores = new Float32Array(4 * Math.ceil(keys / 4));
  const { kernel, at, read } = place(qkv, scores, new Float32Array(rows * width));
  const row = 12 * width;
  // prettier-ignore
  kernel.attention(
    rows, keys, width, heads, causal, at[0] + (keys - rows) * row, row,
    at[0] + 4 * width, at[0] + 8 * width, row, at[1], at[2],
  );
  return { actual: read(at[2], rows * width) };
}

describe('attention', () => {
  for (const [rows, width, heads] of [
    [1, 8, 2],
    [3, 10, 2],
    [7, 15, 3],
    [24, 32, 1],
  ]) {
    for (const causal of [false, true]) {
      it(`mixes ${rows} rows of ${width} with ${heads} heads${causal ? ', causally' : ''}`, () => {
        const qkv = numbers(rows * 3 * width);
        const { actual } = attend(qkv, { rows, keys: rows, width, heads, causal });
        const expected = reference.attention(rowsOf(qkv, 3 * width), width, heads, causal);
        expectClose(actual, expected.flat());
      });
    }
  }

  it('continues after keys and values that were kept', () => {
    const [keys, width, heads] = [9, 12, 3];
    const qkv = numbers(keys * 3 * width);
    const { actual } = attend(qkv, { rows: 2, keys, width, heads, causal: true });
    const expected = reference.attention(rowsOf(qkv, 3 * width), width, heads, true);
    expectClose(actual, expected.slice(7).flat());
  });

  it('holds with scores that overflow an exponential', () => {
    const qkv = numbers(4 * 24).map((value) => value * 30);
    const { actual } = attend(qkv, { rows: 4, keys: 4, width: 8, heads: 2, causal: false });
    for (const value of actual) expect(Math.abs(value)).toBeLessThan(200);
  });
});

describe('mean', () => {
  it('averages the rows of all groups, skipping what lies between', () => {
    const values = numbers(3 * 40);
    const { kernel, at, read } = place(values, new Float32Array(7));
    kernel.mean(3, 5, 7, at[0], 160, at[1]);
    const expected = Array.from({ length: 7 }, (_, i) => {
      let sum = 0;
      for (let g = 0; g < 3; g++) for (let r = 0; r < 5; r++) sum += values[g * 40 + r * 7 + i];
      return sum / 15;
    });
    expectClose(read(at[1], 7), expected);
  });
});
