import encoder from '../../build/wasm/encoder.wasm';
import search from '../../build/wasm/search-relaxed.wasm';
import type { Kernels } from '../collections/collections.ts';

/** The kernels, compiled by workerd, which always supports relaxed SIMD. */
export const kernels: Kernels = { search, encoder };
