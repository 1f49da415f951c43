import { fileURLToPath } from 'node:url';
import { Log, LogLevel, Miniflare } from 'miniflare';
import { bundleWorker } from '../../gpu-embedder/operate/dev/bundle-worker.ts';
import { readWranglerConfig } from '../../gpu-embedder/operate/dev/wrangler-config.ts';

/** A worker of this folder, with the workerd and the settings of the real worker. */
export interface BenchWorker {
  /** POST a body to a path and return the body of the answer. */
  ask(path: string, body?: string | Uint8Array<ArrayBuffer>): Promise<ArrayBuffer>;
  stop(): Promise<void>;
}

/**
 * Start a worker with objects in its bucket ARTIFACTS.
 *
 * @param entry - file of this folder
 * @param objects - bytes by key
 */
export async function startBenchWorker(
  entry: string,
  objects: Readonly<Record<string, Uint8Array>>,
): Promise<BenchWorker> {
  const config = await readWranglerConfig(new URL('../../wrangler.toml', import.meta.url));
  const runtime = new Miniflare({
    modules: await bundleWorker(fileURLToPath(new URL(entry, import.meta.url))),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
    r2Buckets: ['ARTIFACTS'],
    images: config.images,
    host: '127.0.0.1',
    cf: false,
    log: new Log(LogLevel.WARN),
  });
  const { origin } = await runtime.ready;
  const bucket = await runtime.getR2Bucket('ARTIFACTS');
  for (const [key, bytes] of Object.entries(objects)) {
    // Miniflare does not accept a Buffer.
    await bucket.put(key, new Uint8Array(bytes));
  }
  return {
    async ask(path, body) {
      const response = await fetch(origin + path, { method: 'POST', body });
      if (response.ok) return response.arrayBuffer();
      throw new Error(`${path}: status ${response.status}: ${await response.text()}`);
    },
    stop: () => runtime.dispose(),
  };
}
