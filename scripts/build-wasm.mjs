// Compile every AssemblyScript entry of src/kernel/assembly to build/wasm. An output that is newer
// than all sources and this file is left alone.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const sources = path.join(root, 'src/kernel/assembly');
const out = path.join(root, 'build/wasm');

/** Output name -> entry and features. Modules import their memory: the host sizes and fills it. */
const modules = {
  search: { entry: 'search.ts', features: ['simd'] },
  'search-relaxed': { entry: 'search.ts', features: ['simd', 'relaxed-simd'] },
  exact: { entry: 'exact.ts', features: ['simd'] },
  encoder: { entry: 'encoder.ts', features: ['simd'] },
};

const modified = (file) => statSync(file).mtimeMs;
const newestSource = Math.max(
  modified(fileURLToPath(import.meta.url)),
  ...readdirSync(sources).map((name) => modified(path.join(sources, name))),
);

const stale = Object.entries(modules).filter(([name, { entry }]) => {
  if (!existsSync(path.join(sources, entry))) return false;
  const file = path.join(out, `${name}.wasm`);
  return !existsSync(file) || modified(file) < newestSource;
});

if (stale.length > 0) {
  mkdirSync(out, { recursive: true });
  const asc = await import('assemblyscript/asc');
  for (const [name, { entry, features }] of stale) {
    // Another process may read the module now; the rename lets it see the old or the new one as a whole.
    const partial = `build/wasm/.${name}.${process.pid}.wasm`;
    const { error, stderr } = await asc.main([
      `src/kernel/assembly/${entry}`,
      ...['--baseDir', root, '--outFile', partial],
      ...['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort='],
      ...['--importMemory', '--initialMemory', '1'],
      ...features.flatMap((feature) => ['--enable', feature]),
    ]);
    if (error) {
      process.stderr.write(stderr.toString());
      rmSync(path.join(root, partial), { force: true });
      throw new Error(`src/kernel/assembly/${entry} does not compile (build of ${name}.wasm)`);
    }
    renameSync(path.join(root, partial), path.join(out, `${name}.wasm`));
    console.log(`build/wasm/${name}.wasm: ${statSync(path.join(out, `${name}.wasm`)).size} bytes`);
  }
}
