import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { answerImages } from './gpu-embedder/operate/dev/local-images.ts';

/** On Node 24, the edge tests run in a newer workerd (scripts/test-node24.mjs), which names its pool. */
const pool = process.env.DIPTYCH_WORKERS_POOL;
const runInWorkerd: typeof cloudflareTest = pool
  ? ((await import(pool)) as { cloudflareTest: typeof cloudflareTest }).cloudflareTest
  : cloudflareTest;

const buildWasm = './test/setup/build-wasm.ts';
const hub = 'test/common/model-folder/fetch-hub-model.test.ts';
const buildSite = './test/setup/build-site.ts';

/**
 * `node`, and `hub` apart from it, as a library keeps what it was told of the hub; `edge`, which runs
 * inside workerd; `page`, which drives a browser.
 * One of them: `npx vitest run --project edge`.
 */
export default defineConfig({
  test: {
    // The kernels and ONNX sessions keep two cores busy with few processes.
    maxWorkers: 2,
    // The worker logs a line per request.
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: ['test/edge/**', 'test/page/**', hub],
          globalSetup: [buildWasm, buildSite],
          testTimeout: 30_000,
          // To import everything again for each file takes a third of the time.
          isolate: false,
        },
      },
      { test: { name: 'hub', include: [hub], testTimeout: 30_000 } },
      {
        plugins: [
          runInWorkerd({
            main: './workers/index.ts',
            miniflare: {
              compatibilityDate: '2026-04-01',
              r2Buckets: ['ARTIFACTS'],
              d1Databases: ['CATALOGUE'],
              durableObjects: { SHARDS: { className: 'VectorShard', useSQLite: true } },
              serviceBindings: { IMAGES_SERVICE: answerImages },
              modulesRules: [{ type: 'CompiledWasm', include: ['**/*.wasm'] }],
            },
          }),
        ],
        test: {
          name: 'edge',
          include: ['test/edge/**/*.test.ts'],
          globalSetup: [buildWasm, './test/setup/edge-fixture.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'page',
          include: ['test/page/**/*.test.ts'],
          globalSetup: [buildWasm, buildSite],
          testTimeout: 30_000,
          // A busy machine draws slowly; one second is what Vitest gives.
          expect: { poll: { timeout: 20_000 } },
        },
      },
    ],
  },
});
