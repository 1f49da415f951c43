import { readFileSync } from 'node:fs';
import { DiptychError } from '../src/errors.ts';
import { hasRelaxedSimd } from '../src/kernel/relaxed-simd.ts';
import { compile } from '../src/kernel/webassembly.ts';

export type WasmName = 'search' | 'search-plain' | 'search-relaxed' | 'exact' | 'encoder';

const compiled = new Map<WasmName, WebAssembly.Module>();

/**
 * Compile a module of `build/wasm` for Node.
 *
 * @param name - `search` is the relaxed SIMD build where it runs, `search-plain` never
 */
export function loadWasm(name: WasmName): WebAssembly.Module {
  const known = compiled.get(name);
  if (known) return known;
  const module = compile(readModule(fileName(name)));
  compiled.set(name, module);
  return module;
}

function fileName(name: WasmName): string {
  if (name === 'search') return hasRelaxedSimd() ? 'search-relaxed' : 'search';
  return name === 'search-plain' ? 'search' : name;
}

function readModule(name: string): Uint8Array {
  try {
    return readFileSync(new URL(`../build/wasm/${name}.wasm`, import.meta.url));
  } catch (cause) {
    throw new DiptychError(
      'not_prepared',
      `build/wasm/${name}.wasm: expected the compiled kernel, got no such file: run npm run build:wasm`,
      undefined,
      { cause },
    );
  }
}
