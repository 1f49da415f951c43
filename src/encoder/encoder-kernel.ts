/** Exports of `encoder.wasm`; `src/kernel/assembly/encoder.ts` says what each does. */
export interface EncoderKernel {
  product(
    groups: number,
    rows: number,
    segments: number,
    depth: number,
    columns: number,
    input: number,
    inputGroup: number,
    inputRow: number,
    inputSegment: number,
    weights: number,
    scale: number,
    bias: number,
    panel: number,
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
