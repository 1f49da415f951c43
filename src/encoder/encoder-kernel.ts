/** Exports of `encoder.wasm`; `src/kernel/assembly/` says what each does. */
export interface EncoderKernel {
  quantise(
    rows: number,
    depth: number,
    input: number,
    inputRow: number,
    largest: number,
    codes: number,
    scales: number,
  ): void;
  gather(
    groups: number,
    rows: number,
    segments: number,
    depth: number,
    map: number,
    mapGroup: number,
    mapRow: number,
    mapSegment: number,
    scale: number,
    codes: number,
    scales: number,
  ): void;
  product(
    groups: number,
    rows: number,
    depth: number,
    columns: number,
    codes: number,
    rowScales: number,
    weights: number,
    scale: number,
    bias: number,
    output: number,
    outputGroup: number,
    outputRow: number,
    accumulate: boolean,
    relu: boolean,
  ): void;
  relu(count: number, at: number): void;
  quickGelu(count: number, at: number): void;
  gelu(count: number, at: number): void;
  geluTanh(count: number, at: number): void;
  layerNorm(
    rows: number,
    width: number,
    epsilon: number,
    input: number,
    scale: number,
    bias: number,
    output: number,
  ): void;
  attention(
    rows: number,
    keys: number,
    width: number,
    heads: number,
    causal: boolean,
    queries: number,
    queryRow: number,
    keysAt: number,
    valuesAt: number,
    keyRow: number,
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
