// Compiles the TypeScript of the CLI, its threads and its processes to build/node/<hash of the sources>. When
// each module was compiled as it was imported, that took two thirds of the start of a command, and as
// long again in each of its threads. The hash is computed at every start, so that changed sources are
// always compiled again.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = dirname(import.meta.dirname);
const out = join(root, 'build/node');
/** Packages of many small files are bundled, because it takes longer to find the files than to run them. */
const bundled = ['hono', 'kysely', 'zod'];
/** The manifests name the packages that the sources may import. */
const manifests = ['.', 'gpu-embedder', 'src'].map((folder) => join(root, folder, 'package.json'));
const monthMs = 30 * 86_400_000;

/**
 * Find the JavaScript of `cli`, of a thread (`train-thread`) or of a process, and compile it first if that is needed.
 *
 * @param {string} name
 * @returns {Promise<string>} its URL
 */
export async function compiled(name) {
  const sources = findSources();
  const dir = join(out, hashOf(sources));
  if (!existsSync(dir)) await compile(sources, dir);
  markUsed(dir);
  return pathToFileURL(join(dir, `${name}.js`)).href;
}

function findSources() {
  return ['gpu-embedder', 'src'].flatMap((layer) =>
    readdirSync(join(root, layer), { recursive: true, withFileTypes: true })
      .filter(({ name }) => name.endsWith('.ts'))
      .map(({ parentPath, name }) => join(parentPath, name))
      .sort(),
  );
}

/** The hash covers the manifests too: they pin the packages that are bundled. */
function hashOf(sources) {
  const hash = createHash('sha256');
  for (const file of [import.meta.filename, ...manifests, ...sources]) {
    hash
      .update(`${relative(root, file)}\0`)
      .update(readFileSync(file))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}

async function compile(sources, dir) {
  const { build } = await import('esbuild');
  mkdirSync(out, { recursive: true });
  const partial = join(out, `.${basename(dir)}-${process.pid}-${Date.now()}`);
  await build({
    absWorkingDir: root,
    entryPoints: sources.filter((file) => /^cli\.ts$|-(thread|process)\.ts$/.test(basename(file))),
    entryNames: '[name]',
    outdir: partial,
    bundle: true,
    splitting: true,
    external: packageNames().filter((name) => !bundled.includes(name)),
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    plugins: [{ name: 'urls', setup: keepUrls }],
    logLevel: 'error',
  });
  moveIntoPlace(partial, dir);
}

/** Every package that the compiled sources may import. */
function packageNames() {
  return manifests.flatMap((file) => {
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    return Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies });
  });
}

/** Modules find files relative to their own URL, so `import.meta.url` must stay the URL of the source. */
function keepUrls(build) {
  build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
    const text = readFileSync(path, 'utf8');
    if (!text.includes('import.meta.url')) return undefined;
    const fromOut = JSON.stringify(relative(join(out, 'x'), path));
    const url = `new URL(${fromOut}, import.meta.url).href`;
    return { contents: text.replaceAll('import.meta.url', url), loader: 'ts' };
  });
}

/** Rename the finished folder. If several processes compile at the same time, the first one wins. */
function moveIntoPlace(partial, dir) {
  try {
    renameSync(partial, dir);
  } catch (error) {
    rmSync(partial, { recursive: true });
    if (!existsSync(dir)) throw error;
  }
  removeUnused();
}

/** Remove the folders of older sources that nothing used for a month: a long command may still load parts of one. */
function removeUnused() {
  for (const name of readdirSync(out)) {
    const used = statSync(join(out, name), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used > monthMs) rmSync(join(out, name), { recursive: true, force: true });
  }
}

function markUsed(dir) {
  try {
    utimesSync(dir, new Date(), new Date());
  } catch {
    // The folder belongs to another user, who installed the software for everyone.
  }
}
