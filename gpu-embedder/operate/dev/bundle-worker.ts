import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { build } from 'esbuild';
import type { Plugin } from 'esbuild';

export type WorkerModule =
  | { readonly type: 'ESModule'; readonly path: string; readonly contents: string }
  | {
      readonly type: 'CompiledWasm';
      readonly path: string;
      readonly contents: Uint8Array<ArrayBuffer>;
    };

/** Bundle the worker as wrangler does: one ES module, and a module for each WebAssembly file. */
export async function bundleWorker(entry: string): Promise<WorkerModule[]> {
  const wasm = new Map<string, string>();
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    plugins: [collectWasm(wasm)],
    logLevel: 'error',
  });
  const modules: WorkerModule[] = [
    { type: 'ESModule', path: 'worker.js', contents: outputFiles[0].text },
  ];
  for (const [path, file] of wasm) {
    modules.push({ type: 'CompiledWasm', path, contents: new Uint8Array(await readFile(file)) });
  }
  return modules;
}

/** Collect `import x from './x.wasm'` and leave the import to the runtime. */
function collectWasm(found: Map<string, string>): Plugin {
  return {
    name: 'wasm',
    setup(setup) {
      setup.onResolve({ filter: /\.wasm$/ }, ({ path, importer }) => {
        const file = resolve(dirname(importer), path);
        const name = `./${basename(file)}`;
        found.set(basename(file), file);
        return { path: name, external: true };
      });
    },
  };
}
