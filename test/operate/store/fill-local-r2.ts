import { bucketName } from '../../../gpu-embedder/operate/store/local-r2-store.ts';
import { startRuntime } from '../../../gpu-embedder/operate/store/start-runtime.ts';

const script = `export default {
  async fetch(request, { ARTIFACTS }) {
    const keys = await request.json();
    for (let i = 0; i < keys.length; i += 100) {
      const some = keys.slice(i, i + 100);
      await Promise.all(some.map((key) => ARTIFACTS.put(key, new Uint8Array(1))));
    }
    return new Response();
  },
}`;

/** Put an object of one byte under each key, inside workerd: from outside that takes half a minute. */
export async function fillLocalR2(persistDir: string, keys: readonly string[]): Promise<void> {
  const runtime = await startRuntime(script, {
    r2Buckets: { ARTIFACTS: bucketName },
    r2Persist: persistDir,
  });
  try {
    await runtime.dispatchFetch('http://fill', { method: 'POST', body: JSON.stringify(keys) });
  } finally {
    await runtime.dispose();
  }
}
