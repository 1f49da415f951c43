import { describe, expect, it } from 'vitest';
import { packConvolution, packMatrix } from '../../gpu-embedder/learn/model/pack-weights.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import type { EncoderKernel } from '../../src/encoder/encoder-kernel.ts';
import { rangeOf, roomOfInt16 } from '../../src/encoder/product.ts';
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
  memory: { readonly buffer: ArrayBuffer };
  read: (at: number, length: number) => number[];
} {
  const memory = createMemory(4);
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
  return { kernel, at, memory, read: (from, n) => [...new Float32Array(memory.buffer, from, n)] };
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

/** Multiply rows on the kernel. @returns [rows, columns] and what lies behind it */
function product(
  x: Float32Array,
  w: Float32Array,
  bias: Float32Array,
  { before, relu = false }: { before?: Float32Array; relu?: boolean } = {},
): { output: number[]; behind: number[] } {
  const columns = bias.length;
  const depth = w.length / columns;
  const rows = x.length / depth;
  const { codes, scales, shape } = packMatrix(w, depth, columns);
  const [numbers, rowScales] = [roomOfInt16(x.length), rows].map((n) => new Float32Array(n));
  const output = before ?? new Float32Array(rows * columns);
  const { kernel, at, read } = place(x, codes, scales, bias, numbers, rowScales, output);
  kernel.quantise(rows, depth, at[0], 4 * depth, rangeOf(depth), at[4], at[5]);
  // prettier-ignore
  kernel.product(
    1, rows, 1, shape[1], columns, at[4], 0, 2 * depth, 0, at[5], 4,
    at[1], at[2], at[3], at[6], 0, 4 * columns, before !== undefined, relu,
  );
  const end = at[6] + 4 * rows * columns;
  return { output: read(at[6], rows * columns), behind: read(end, 8) };
}

describe('quantise', () => {
  it.each([1, 7, 8, 9, 33, 64])('makes whole numbers of rows of %i numbers', (length) => {
    const [rows, range] = [3, 8191];
    const x = numbers(rows * length);
    x.fill(0, length, 2 * length);
    const room = [roomOfInt16(x.length), rows].map((n) => new Float32Array(n));
    const { kernel, at, memory } = place(x, ...room);
    kernel.quantise(rows, length, at[0], 4 * length, range, at[1], at[2]);
    const whole = rowsOf(x, length).map((row) => reference.quantise(row, range));
    expect([...new Int16Array(memory.buffer, at[1], rows * length)]).toEqual(
      whole.flatMap((row) => row.whole.map((value) => value + 0)),
    );
    expect([...new Float32Array(memory.buffer, at[2], rows)]).toEqual(
      whole.map(({ scale }) => scale),
    );
  });

  it('takes numbers that are too small for a factor as zeros', () => {
    const x = Float32Array.of(1e-38, -1e-36, 0);
    expect(product(x, matrix(3, 8), new Float32Array(8)).output).toEqual(Array(8).fill(0));
  });

  it('has fewer bits where a sum over the depth would not fit in 32', () => {
    expect([1, 2064, 2065, 3072, 8192].map(rangeOf)).toEqual([8191, 8191, 8188, 5504, 2064]);
    const depth = 8192;
    const [x, w] = [new Float32Array(depth).fill(3), new Float32Array(8 * depth).fill(-127)];
    const { output } = product(x, w, new Float32Array(8));
    expectClose(output, Array<number>(8).fill(-127 * 3 * depth));
  });
});

describe('product', () => {
  for (const rows of [1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const [depth, columns] of [
      [1, 8],
      [13, 24],
      [32, 16],
    ]) {
      it(`multiplies ${rows} x ${depth} x ${columns}`, () => {
        const [x, bias, w] = [numbers(rows * depth), numbers(columns), matrix(depth, columns)];
        const seen = reference.seenQuantised(rowsOf(x, depth), rangeOf(depth));
        const expected = reference.product(seen, rowsOf(w, columns), [...bias]);
        const { output, behind } = product(x, w, bias);
        expectClose(output, expected.flat());
        expect(behind, 'nothing is written past the last row').toEqual(behind.fill(NaN));
      });
    }
  }

  it('adds to what is there, then cuts off below zero', () => {
    const [x, bias, before] = [5 * 3, 8, 5 * 8].map(numbers);
    const w = matrix(3, 8);
    const seen = reference.seenQuantised(rowsOf(x, 3), rangeOf(3));
    const sums = reference.product(seen, rowsOf(w, 8), [...bias]).flat();
    expectClose(
      product(x, w, bias, { before, relu: true }).output,
      sums.map((sum, i) => Math.max(0, sum + before[i])),
    );
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
      const range = rangeOf(depth);
      const given = numbers(channels * side * side);
      const [seen] = reference.seenQuantised([[...given]], range);
      const planesOf = (values: readonly number[] | Float32Array) =>
        Array.from({ length: channels }, (_, c) =>
          rowsOf(Float32Array.from(values.slice(c * side * side, (c + 1) * side * side)), side),
        );
      const line = (side + 2) * channels;
      const input = new Float32Array((side + 2) * line);
      planesOf(given).forEach((plane, c) =>
        plane.forEach((row, y) =>
          row.forEach((value, x) => (input[(y + 1) * line + (x + 1) * channels + c] = value)),
        ),
      );
      const { codes, scales, shape } = packConvolution(w, { out, channels, block: 1, kernel: 3 });
      const room = [roomOfInt16(input.length), 1, side * side * out].map(
        (n) => new Float32Array(n),
      );
      const { kernel, at, read } = place(input, codes, scales, bias, ...room);
      kernel.quantise(1, input.length, at[0], 0, range, at[4], at[5]);
      // prettier-ignore
      kernel.product(
        side, side, 3, shape[1] / 3, out, at[4], 2 * line, 2 * channels, 2 * line, at[5], 0,
        at[1], at[2], at[3], at[6], 4 * side * out, 4 * out, false, false,
      );
      const expected = reference.convolution(planesOf(seen), w, [...bias], 3);
      const interleaved = Array.from({ length: side * side * out }, (_, i) => {
        const position = Math.floor(i / out);
        return expected[i % out][Math.floor(position / side)][position % side];
      });
      expectClose(read(at[6], side * side * out), interleaved);
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
      kernel.layerNorm(rows, width, at[0], at[1], at[2], at[3]);
      const expected = reference.layerNorm(rowsOf(x, width), [...scale], [...bias]);
      const actual = read(at[3], rows * width);
      expect(Math.max(...actual.map((v, i) => Math.abs(v - expected.flat()[i])))).toBeLessThan(
        3e-5,
      );
    });
  }
});

describe('attention', () => {
  for (const [rows, width, heads] of [
    [1, 8, 2],
    [3, 10, 2],
    [7, 15, 3],
    [24, 32, 1],
  ]) {
    it(`mixes ${rows} rows of ${width} with ${heads} heads`, () => {
      const qkv = numbers(rows * 3 * width);
      const { kernel, at, read } = place(
        qkv,
        new Float32Array(rows),
        new Float32Array(rows * width),
      );
      kernel.attention(rows, width, heads, at[0], at[1], at[2]);
      const expected = reference.attention(rowsOf(qkv, 3 * width), width, heads);
      expectClose(read(at[2], rows * width), expected.flat());
    });
  }

  it('holds with scores that overflow an exponential', () => {
    const qkv = numbers(4 * 24).map((value) => value * 30);
    const { kernel, at, read } = place(qkv, new Float32Array(4), new Float32Array(4 * 8));
    kernel.attention(4, 8, 2, at[0], at[1], at[2]);
    for (const value of read(at[2], 32)) expect(Math.abs(value)).toBeLessThan(200);
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
