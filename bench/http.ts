import sharp from 'sharp';
import { demoCollection } from '../gpu-embedder/operate/dev/build-demo.ts';
import { startWorker } from '../gpu-embedder/operate/dev/start-worker.ts';

export const question =
  'How long does a request to the warm local worker take, compared with an empty one? First run npm start once.';

const requests = 200;
const words = ['birthday cake', 'angry face', 'airplane', 'music', 'cerveza', '犬', 'red heart'];

/** Measure milliseconds from outside, request by request; every query text is new to the worker. */
export async function run(): Promise<readonly object[]> {
  const worker = await startWorker({ host: '127.0.0.1', port: 0, r2Dir: '.diptych/store/r2' });
  try {
    const search = (mode: string) => (i: number) => ({
      path: '/v1/search',
      body: JSON.stringify({
        collection: demoCollection,
        text: `${words[i % words.length]} ${i}`,
        mode,
      }),
    });
    const picture = sharp({ create: { width: 300, height: 300, channels: 3, background: '#c33' } });
    const image = (await picture.png().toBuffer()).toString('base64');
    const captions = () => ({
      path: '/v1/captions',
      body: JSON.stringify({ collection: demoCollection, image }),
    });
    const rows = [];
    for (const [name, request] of [
      ['empty', () => ({ path: '/healthz' })],
      ['text query, hybrid', search('hybrid')],
      ['text query, vector', search('vector')],
      ['captions of a 300 x 300 PNG', captions],
    ] as const) {
      rows.push({ request: name, requests, ...(await measure(worker.url, request)) });
    }
    return rows;
  } finally {
    await worker.stop();
  }
}

async function measure(url: string, request: (i: number) => { path: string; body?: string }) {
  const times: number[] = [];
  for (let i = -20; i < requests; i++) {
    const { path, body } = request(i + 20);
    const headers = { 'content-type': 'application/json' };
    const started = performance.now();
    const response = await fetch(url + path, body ? { method: 'POST', body, headers } : {});
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${path}: status ${response.status}`);
    // The first twenty requests are a warm-up.
    if (i >= 0) times.push(performance.now() - started);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.floor(times.length * share)].toFixed(2));
  return { p50Ms: at(0.5), p95Ms: at(0.95) };
}
