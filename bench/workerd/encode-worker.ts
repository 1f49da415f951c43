import encoder from '../../build/wasm/encoder.wasm';
import { createImageEncoder } from '../../src/encoder/image-encoder.ts';
import { createTextEncoder } from '../../src/encoder/text-encoder.ts';
import type { TokenizerJson } from '../../src/text/tokenizer-json.ts';
import { createTokenizer } from '../../src/text/tokenizer.ts';
import { decodeImage } from '../../workers/images/decode-image.ts';
import type { ImageScaler } from '../../workers/images/image-scaler.ts';
import type { BenchBucket } from './bench-bucket.ts';

interface Env {
  readonly ARTIFACTS: BenchBucket;
  readonly IMAGES: ImageScaler;
}

async function openTowers({ ARTIFACTS }: Env) {
  const file = async (name: string) => (await ARTIFACTS.get(name))!.arrayBuffer();
  const text = createTextEncoder(encoder, await file('text.bin'));
  const image = createImageEncoder(encoder, await file('image.bin'));
  const json = JSON.parse(new TextDecoder().decode(await file('tokenizer.json'))) as TokenizerJson;
  return { text, image, tokenizer: createTokenizer(json, text) };
}

let towers: ReturnType<typeof openTowers> | undefined;

/** Encodes the body and answers the embedding; `/empty` reads and answers the same number of bytes. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { text, image, tokenizer } = await (towers ??= openTowers(env));
    const body = new Uint8Array(await request.arrayBuffer());
    const encode = async (): Promise<Float32Array> => {
      switch (new URL(request.url).pathname) {
        case '/text':
          return text.encode(tokenizer.encode(new TextDecoder().decode(body)).ids);
        case '/pixels':
          return image.encode(body);
        case '/upload':
          return image.encode(await decodeImage(env.IMAGES, body, image.imageSize));
        default:
          return new Float32Array(text.embedDim);
      }
    };
    return new Response(new Float32Array(await encode()));
  },
};
