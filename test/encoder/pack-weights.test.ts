import { describe, expect, it } from 'vitest';
import {
  packConvolution,
  packMatrix,
  packProjection,
  packRows,
} from '../../gpu-embedder/learn/model/pack-weights.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';

const random = createRandom(11);
const normal = (length: number): Float32Array =>
  Float32Array.from({ length }, () => random.normal());

describe('packMatrix', () => {
  it('lays panels of 8 columns by 2 depths one after the other, each column with its scale', () => {
    const whole = Array.from({ length: 32 }, (_, i) => (i < 16 ? 127 : i - 32));
    const data = Float32Array.from(whole, (value, i) => value * 2 ** -(i % 16));
    const { shape, codes, scales } = packMatrix(data, 2, 16);
    expect(shape).toEqual([2, 1, 16]);
    // prettier-ignore
    expect([...codes]).toEqual([
      127, -16, 127, -15, 127, -14, 127, -13, 127, -12, 127, -11, 127, -10, 127, -9,
      127, -8, 127, -7, 127, -6, 127, -5, 127, -4, 127, -3, 127, -2, 127, -1,
    ]);
    expect([...scales]).toEqual(Array.from({ length: 16 }, (_, i) => 2 ** -i));
  });

  it('is off by half a step of a column at most', () => {
    const data = normal(100 * 8);
    const { codes, scales } = packMatrix(data, 100, 8);
    data.forEach((value, i) => {
      const [row, column] = [Math.floor(i / 8), i % 8];
      const code = codes[16 * Math.floor(row / 2) + 2 * column + (row % 2)];
      expect(Math.abs(value - code * scales[column])).toBeLessThanOrEqual(0.5001 * scales[i % 8]);
    });
  });

  it('ends an odd depth with zeros, and refuses columns that fill no panel', () => {
    const { shape, codes } = packMatrix(new Float32Array(24).fill(1), 3, 8);
    expect(shape).toEqual([1, 2, 16]);
    expect([...codes.subarray(16)]).toEqual(
      Array.from({ length: 16 }, (_, i) => 127 * ((i + 1) % 2)),
    );
    expect(() => packMatrix(new Float32Array(27), 3, 9)).toThrow(/columns.*multiple of 8, got 9/);
  });

  it('keeps a column of zeros', () => {
    const { codes, scales } = packMatrix(new Float32Array(24), 3, 8);
    expect([...codes, ...scales].every((value) => value === 0)).toBe(true);
  });
});

describe('packRows', () => {
  it('gives each row its scale', () => {
    const { shape, codes, scales } = packRows(Float32Array.of(127, -3, 0.5, 63.5, 0, 0), 3, 2);
    expect(shape).toEqual([3, 2]);
    expect([...codes]).toEqual([127, -3, 1, 127, 0, 0]);
    expect([...scales]).toEqual([1, 0.5, 0]);
  });
});

describe('packConvolution', () => {
  it('orders what an output sees by tap, pixel of the block, channel', () => {
    const [out, channels, block, kernel] = [8, 2, 2, 1];
    // Whole numbers name their place: channel, then pixel of the block; 127 is the last.
    const data = Float32Array.from({ length: out * 8 }, (_, i) => 120 + (i % 8));
    const { shape, codes } = packConvolution(data, { out, channels, block, kernel });
    expect(shape).toEqual([1, 4, 16]);
    const ofOneOutput = codes.filter((_, i) => Math.floor((i % 16) / 2) === 3);
    expect([...ofOneOutput]).toEqual([120, 124, 121, 125, 122, 126, 123, 127]);
  });
});

describe('packProjection', () => {
  it('is as exact in small rows as in large ones', () => {
    const [depth, columns] = [6, 64];
    const data = normal(depth * columns).map((value, i) => value * 10 ** -Math.floor(i / columns));
    const { codes, scales, inputScale } = packProjection(data, depth, columns);
    for (let row = 0; row < depth; row++) {
      let [error, sum] = [0, 0];
      for (let column = 0; column < columns; column++) {
        const [panel, inPanel] = [Math.floor(column / 8), column % 8];
        const code = codes[panel * depth * 8 + 16 * Math.floor(row / 2) + 2 * inPanel + (row % 2)];
        const value = data[row * columns + column];
        error += (value - inputScale[row] * scales[column] * code) ** 2;
        sum += value ** 2;
      }
      expect(Math.sqrt(error / sum), `row ${row}`).toBeLessThan(0.01);
    }
  });
});
