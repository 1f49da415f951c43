/** Exports of `encoder.wasm`; `src/kernel/assembly/encoder.ts` says what each does. */
export interface EncoderKernel {
  quantise(
    rows: number,
    length: number,
    input: number,
    inputRow: number,
    range: number,
    output: number,
    scales: number,
  ): void;
  product(
    groups: number,
    rows: number,
    segments: number,
    pairs: number,
    columns: number,
    input: number,
    inputGroup: number,
    inputRow: number,
    inputSegment: number,
    rowScales: number,
    rowScaleStep: number,
    weights: number,
    scale: number,
    bias: number,
    output: number,
    outputGroup: number,
    outputRow: number,
    accumulate: boolean,
    relu: boolean,
  ): void;
  layerNorm(
    rows: number,
    width: number,
    input: number,
    scale: number,
    bias: number,
    output: number,
  ): void;
  attention(
    rows: number,
    width: number,
    heads: number,
    qkv: number,
    scores: number,
    output: number,
  ): void;
  mean(
    groups: number,
    rows: number,
    width: number,
    input: number,
    inputGroup: number,
    output: number,
  ): void;
}
