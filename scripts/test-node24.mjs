// npm run test:node24 runs the whole suite on Node 24, and the edge tests in the newest workerd for
// Node 24. Node itself is the npm package `node`; everything is installed into build/node24, and
// nothing else is downloaded. Arguments are passed to Vitest.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import path from 'node:path';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const dir = path.join(root, 'build/node24');
const modules = path.join(dir, 'node_modules');
const node = path.join(modules, 'node/bin/node');
const manifest = {
  name: 'diptych-node24',
  private: true,
  allowScripts: { node: true, workerd: true, esbuild: true, sharp: true },
};
const runtime = { node: '24.21.0' };
const pool = { '@cloudflare/vitest-pool-workers': '0.23.0' };
const flags = ['--no-audit', '--no-fund', '--loglevel=error'];

mkdirSync(dir, { recursive: true });
install(process.execPath, runtime);
// The new Node installs it, because the pool refuses an older Node. Vitest is the project's own.
install(node, { ...runtime, ...pool }, '--omit=peer', '--legacy-peer-deps');

const tests = run(node, [path.join(root, 'node_modules/vitest/vitest.mjs'), 'run', ...process.argv.slice(2)], root); // prettier-ignore
process.exit(tests.status ?? 1);

function install(by, dependencies, ...more) {
  writeFileSync(path.join(dir, 'package.json'), JSON.stringify({ ...manifest, dependencies }));
  const { status } = run(by, [process.env.npm_execpath, 'install', ...flags, ...more], dir);
  if (status !== 0) process.exit(status ?? 1);
}

function run(by, args, cwd) {
  const entry = '@cloudflare/vitest-pool-workers/dist/pool/index.mjs';
  const env = {
    ...process.env,
    // Tests that start `node` must find the new one, too.
    PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
    DIPTYCH_WORKERS_POOL: path.join(modules, entry),
  };
  return spawnSync(by, args, { cwd, env, stdio: 'inherit' });
}
