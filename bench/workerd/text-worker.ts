import encoder from '../../build/wasm/encoder.wasm';
import { createTextEncoder } from '../../src/encoder/text-encoder.ts';
import type { TextEncoder } from '../../src/encoder/text-encoder.ts';
import type { BenchBucket } from './bench-bucket.ts';

interface Env {
  readonly ARTIFACTS: BenchBucket;
}

let tower: Promise<TextEncoder> | undefined;

async function openTower({ ARTIFACTS }: Env): Promise<TextEncoder> {
  return createTextEncoder(encoder, await (await ARTIFACTS.get('text.bin'))!.arrayBuffer());
}

/** Body: a count of texts, then the ids of all, equally many each; int32. Answers the embeddings. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const text = await (tower ??= openTower(env));
    const [count = 0, ...ids] = new Int32Array(await request.arrayBuffer());
    const length = ids.length / count;
    const embeddings = new Float32Array(count * text.embedDim);
    for (let i = 0; i < count; i++) {
      embeddings.set(text.encode(ids.slice(i * length, (i + 1) * length)), i * text.embedDim);
    }
    return new Response(embeddings);
  },
};
