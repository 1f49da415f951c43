import { execFileSync } from 'node:child_process';

/** Compile the kernels that are missing or older than their sources. */
export default function buildWasm(): void {
  execFileSync(process.execPath, ['scripts/build-wasm.mjs'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
