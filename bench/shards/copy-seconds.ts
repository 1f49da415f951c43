import { fileURLToPath } from 'node:url';
import { Miniflare } from 'miniflare';
import { bundleWorker } from '../../gpu-embedder/operate/dev/bundle-worker.ts';
import { bucketName } from '../../gpu-embedder/operate/store/local-r2-store.ts';
import { versionKey } from '../../src/version/keys.ts';
import type { Manifest } from '../../src/version/manifest.ts';

/** Measure the seconds to copy the vector files of a version from the local R2 into memory. */
export async function copySeconds(manifest: Manifest, r2Dir: string): Promise<number> {
  const { collection, version, files } = manifest;
  const list = Object.entries(files)
    .filter(([name]) => /(image|caption)\.bin$/.test(name))
    .map(([name, { bytes }]) => ({ key: versionKey(collection, version, name), bytes }));
  const runtime = new Miniflare({
    modules: await bundleWorker(fileURLToPath(new URL('copy-worker.ts', import.meta.url))),
    compatibilityDate: '2026-04-01',
    r2Buckets: { ARTIFACTS: bucketName },
    r2Persist: r2Dir,
    cf: false,
  });
  try {
    const url = await runtime.ready;
    await fetch(url, { method: 'POST', body: '[]' });
    const start = performance.now();
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(list) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`copying: status ${response.status}`);
    return (performance.now() - start) / 1000;
  } finally {
    await runtime.dispose();
  }
}
