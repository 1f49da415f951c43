/** Modules of `build/wasm`: workerd imports them, a browser fetches and compiles them. */
export interface Kernels {
  /** `search.wasm` or `search-relaxed.wasm`. */
  readonly search: WebAssembly.Module;
  readonly encoder: WebAssembly.Module;
}
