/** Numbers as int8 codes with one scale: value ~ scale * code, codes from -127 to 127. */
export interface QuantisedNumbers {
  readonly codes: Int8Array;
  readonly scale: number;
}

/**
 * Quantise with the scale that the largest magnitude needs. Clipping the largest numbers to get finer
 * steps gains nothing at 8 bits: at 0.95 of the scale, every column of the starter model has at least
 * the same squared error.
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
