import encoderUrl from '../build/wasm/encoder.wasm?url';
import relaxedUrl from '../build/wasm/search-relaxed.wasm?url';
import plainUrl from '../build/wasm/search.wasm?url';
import { DiptychError } from '../src/errors.ts';
import { hasRelaxedSimd } from '../src/kernel/relaxed-simd.ts';
import type { Kernels } from '../workers/collections/collections.ts';
import { fetchFile } from './fetch-file.ts';

/** Fetch and compile the kernels that this browser runs. @throws DiptychError index_unreadable */
export async function loadKernels(): Promise<Kernels> {
  const [search, encoder] = await Promise.all([
    loadModule(hasRelaxedSimd() ? relaxedUrl : plainUrl),
    loadModule(encoderUrl),
  ]);
  return { search, encoder };
}

async function loadModule(address: string): Promise<WebAssembly.Module> {
  const url = new URL(address, import.meta.url);
  const response = await fetchFile(url);
  try {
    // Streaming requires this type, which not every static host sends.
    return response.headers.get('content-type') === 'application/wasm'
      ? await WebAssembly.compileStreaming(response)
      : await WebAssembly.compile(await response.arrayBuffer());
  } catch (cause) {
    throw new DiptychError(
      'index_unreadable',
      `${url.pathname}: this browser cannot compile it: ${String(cause)}`,
      undefined,
      { cause },
    );
  }
}
