import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { DiptychError } from '../../src/errors.ts';
import { hasRelaxedSimd } from '../../src/kernel/relaxed-simd.ts';
import { compile } from '../../src/kernel/webassembly.ts';

export type WasmName = 'search' | 'search-plain' | 'search-relaxed' | 'exact' | 'encoder';

/** Modules that are already compiled, by file name. */
const compiled = new Map<string, WebAssembly.Module>();

/**
 * Compile a module of `build/wasm` for Node.
 *
 * @param name - `search` is the relaxed SIMD build if this Node runs it, and `search-plain` is
 *   always the other one
 */
export function loadWasm(name: WasmName): WebAssembly.Module {
  const file = fileName(name);
  const known = compiled.get(file);
  if (known) return known;
  const module = compile(readModule(file));
  compiled.set(file, module);
  return module;
}

/**
 * Let `search` be the relaxed SIMD build, as on the edge; in Node 20, relaxed SIMD is behind a flag.
 * The two builds round a query differently when they walk through a graph, so results may differ.
 */
export function allowRelaxedSimd(): void {
  if (!hasRelaxedSimd()) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

function fileName(name: WasmName): string {
  if (name === 'search') return hasRelaxedSimd() ? 'search-relaxed' : 'search';
  return name === 'search-plain' ? 'search' : name;
}

function readModule(name: string): Uint8Array {
  try {
    return readFileSync(new URL(`../../build/wasm/${name}.wasm`, import.meta.url));
  } catch (cause) {
    throw new DiptychError(
      'not_prepared',
      `build/wasm/${name}.wasm: expected the compiled kernel, got no such file: run npm run build:wasm`,
      undefined,
      { cause },
    );
  }
}
