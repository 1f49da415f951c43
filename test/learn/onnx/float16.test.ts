import { expect, test } from 'vitest';
import { fromFloat16, toFloat16 } from '../../../gpu-embedder/learn/onnx/float16.ts';

const bitsOf = (value: number) => toFloat16(Float32Array.of(value))[0];

test('known values have their IEEE 754 bits', () => {
  expect(bitsOf(0)).toBe(0);
  expect(bitsOf(-0)).toBe(0x8000);
  expect(bitsOf(1)).toBe(0x3c00);
  expect(bitsOf(-2)).toBe(0xc000);
  expect(bitsOf(65504)).toBe(0x7bff);
  expect(bitsOf(1e6)).toBe(0x7c00);
  expect(bitsOf(2 ** -24)).toBe(1);
  expect(bitsOf(1 / 3)).toBe(0x3555);
});

test('a tie rounds to the even neighbour', () => {
  expect(bitsOf(1 + 2 ** -11)).toBe(0x3c00);
  expect(bitsOf(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(bitsOf(2 - 2 ** -11)).toBe(0x4000);
});

test('every finite half survives the way there and back', () => {
  const halves = Uint16Array.from({ length: 0x7c00 }, (_, i) => i);
  expect(toFloat16(fromFloat16(halves))).toEqual(halves);
});
