import { describe, expect, it } from 'vitest';
import { packConvolution, packMatrix } from '../../gpu-embedder/learn/model/pack-weights.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import type { EncoderKernel } from '../../src/encoder/encoder-kernel.ts';
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

describe('product', () => {
  for (const rows of [1, 2, 3, 4, 5, 6, 7, 8]) {
    for (const [depth, columns] of [
      [1, 8],
      [13, 24],
      [32, 16],
    ]) {
      it(`multiplies ${rows} x ${depth} x ${columns}`, () => {
        const [x, bias, w] = [numbers(rows * depth), numbers(columns), matrix(depth, columns)];
        const { codes, scales } = packMatrix(w, depth, columns);
        const [panel, output] = [8 * depth, rows * columns].map((n) => new Float32Array(n));
        const { kernel, at, read } = place(x, codes, scales, bias, panel, output);
        // prettier-ignore
        kernel.product(
          1, rows, 1, depth, columns, at[0], 0, 4 * depth, 0,
          at[1], at[2], at[3], at[4], at[5], 0, 4 * columns, false, false,
        );
        const expected = reference.product(rowsOf(x, depth), rowsOf(w, columns), [...bias]);
        expectClose(read(at[5], rows * columns), expected.flat());
        const after = read(at[5] + 4 * rows * columns, 8);
        expect(after, 'nothing is written past the last row').toEqual(after.fill(NaN));
      });
    }
  }

  it('adds to what is there, then cuts off below zero', () => {
    const [x, bias, before] = [5 * 3, 8, 5 * 8].map(numbers);
    const w = matrix(3, 8);
    const { codes, scales } = packMatrix(w, 3, 8);
    const { kernel, at, read } = place(x, codes, scales, bias, new Float32Array(24), before);
    // prettier-ignore
    kernel.product(
      1, 5, 1, 3, 8, at[0], 0, 12, 0, at[1], at[2], at[3], at[4], at[5], 0, 32, true, true,
    );
    const sums = reference.product(rowsOf(x, 3), rowsOf(w, 8), [...bias]).flat();
    expectClose(
      read(at[5], 40),
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
      const planes = Array.from({ length: channels }, () => rowsOf(numbers(side * side), side));
      const line = (side + 2) * channels;
      const input = new Float32Array((side + 2) * line);
      planes.forEach((plane, c) =>
        plane.forEach((row, y) =>
          row.forEach((value, x) => (input[(y + 1) * line + (x + 1) * channels + c] = value)),
        ),
      );
      const { codes, scales } = packConvolution(w, { out, channels, block: 1, kernel: 3 });
      const [panel, output] = [8 * depth, side * side * out].map((n) => new Float32Array(n));
      const { kernel, at, read } = place(input, codes, scales, bias, panel, output);
      // prettier-ignore
      kernel.product(
        side, side, 3, 3 * channels, out, at[0], 4 * line, 4 * channels, 4 * line,
        at[1], at[2], at[3], at[4], at[5], 4 * side * out, 4 * out, false, false,
      );
      const expected = reference.convolution(planes, w, [...bias], 3);
      const interleaved = Array.from({ length: side * side * out }, (_, i) => {
        const position = Math.floor(i / out);
        return expected[i % out][Math.floor(position / side)][position % side];
      });
      expectClose(read(at[5], side * side * out), interleaved);
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
