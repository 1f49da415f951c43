/** The tensors of a tower by the names of src/version/weights-format.ts, not packed. */
export type Weights = Map<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array }
>;
