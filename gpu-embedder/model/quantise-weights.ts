/** Numbers as int8 codes with one scale: value ~ scale * code, codes from -127 to 127. */
export interface QuantisedNumbers {
  readonly codes: Int8Array;
  readonly scale: number;
}

/**
 * Quantise at the scale that the largest magnitude needs. Cutting it off for finer steps gains
 * nothing at 8 bits: no column of the starter model has less squared error at 0.95 of it.
 */
export function quantiseNumbers(values: Float32Array): QuantisedNumbers {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]));
  const scale = Math.fround(largest / 127);
  const codes = new Int8Array(values.length);
  if (scale === 0) return { codes, scale };
  for (let i = 0; i < values.length; i++) codes[i] = Math.round(values[i] / scale);
  return { codes, scale };
}
