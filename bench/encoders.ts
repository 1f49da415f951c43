import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import {
  captionsOf,
  openDataset,
  readImageBytes,
} from '../gpu-embedder/data/prepared/read-dataset.ts';
import { decodeForModel } from '../gpu-embedder/common/images/decode-for-model.ts';
import { loadModel } from '../gpu-embedder/embed/load-model.ts';
import { edgeWeights } from '../gpu-embedder/learn/model/edge-weights.ts';
import { progressBar } from '../gpu-embedder/common/progress.ts';
import type { BenchOptions } from './bench.ts';
import { measureClip } from './towers/clip-b32.ts';
import type { ClipRow } from './towers/clip-b32.ts';
import { startBenchWorker, type BenchWorker } from './workerd/start-bench-worker.ts';
import { timeOverEmpty, type TimesOverEmpty } from './workerd/time-over-empty.ts';

export interface EncoderRow extends TimesOverEmpty {
  readonly query: string;
  readonly queries: number;
  /** Smallest cosine between the worker's embeddings and those of ONNX Runtime with float weights. */
  readonly cosineMin: number;
  readonly cosineMean: number;
}

export const question =
  'How long does workerd take to encode a query, beyond an empty request, and how close is it to ONNX?';
export const flags = ['model', 'data', 'count'] as const;

/** Side of an uploaded picture, pixels. */
const uploadSide = 300;

type Bytes = Uint8Array<ArrayBuffer>;

export async function run(options: BenchOptions = {}): Promise<(EncoderRow | ClipRow)[]> {
  if (options['model'] === 'clip-b32') return measureClip();
  const dir = options['model'] ?? 'models/pictogram';
  const data = options['data'] ?? '.diptych/data/pictograms-demo';
  const model = await loadModel(dir, { threads: 1 });
  const { text, image } = await edgeWeights(dir);
  const tokenizer = await readFile(join(dir, 'tokenizer.json'));
  const files = { 'text.bin': text, 'image.bin': image, 'tokenizer.json': tokenizer };
  const worker = await startBenchWorker('encode-worker.ts', files);
  try {
    const { texts, pictures } = await sample(data, Number(options['count'] ?? 300));
    const pixels = await Promise.all(
      pictures.map(async (bytes) => new Uint8Array(await decodeForModel(bytes, model.imageRule))),
    );
    const toBytes = (words: string): Bytes => new Uint8Array(Buffer.from(words));
    return [
      await measure(worker, '/text', texts.map(toBytes), await model.embedTexts(texts)),
      await measure(worker, '/pixels', pixels, await model.embedPixels(Buffer.concat(pixels))),
      await measure(worker, '/upload', pictures, await model.embedImages(pictures)),
    ];
  } finally {
    await worker.stop();
    await model.dispose();
  }
}

const names = {
  '/text': 'text: tokens and tower',
  '/pixels': 'image: tower',
  '/upload': `image: upload of ${uploadSide} x ${uploadSide} PNG, decoded by Images, and tower`,
} as const;

/** @param expected - [bodies, embedDim] */
async function measure(
  worker: BenchWorker,
  path: keyof typeof names,
  bodies: readonly Bytes[],
  expected: Float32Array,
): Promise<EncoderRow> {
  const embedDim = expected.length / bodies.length;
  const cosines: number[] = [];
  const bar = progressBar(path, bodies.length);
  const times = await timeOverEmpty(
    bodies.length,
    (i) => worker.ask('/empty', bodies[i]),
    async (i) => {
      const embedding = new Float32Array(await worker.ask(path, bodies[i]));
      cosines[i] = embedding.reduce((sum, x, j) => sum + x * expected[i * embedDim + j], 0);
      bar.update(i + 1);
    },
  );
  bar.stop();
  return {
    query: names[path],
    queries: bodies.length,
    ...times,
    cosineMin: Math.min(...cosines),
    cosineMean: cosines.reduce((sum, cosine) => sum + cosine, 0) / cosines.length,
  };
}

/** Choose captions and pictures of a prepared set at even distances. */
async function sample(dir: string, count: number) {
  const dataset = openDataset(dir);
  const step = Math.max(1, Math.floor(dataset.items.length / count));
  const items = dataset.items.filter((_, i) => i % step === 0).slice(0, count);
  const texts = items.map((item, i) => {
    const captions = captionsOf(dataset, item);
    return captions[i % captions.length];
  });
  const pictures = await Promise.all(
    items.map(async (item): Promise<Bytes> => {
      const picture = sharp(await readImageBytes(dataset, item));
      const square = picture.resize(uploadSide, uploadSide, { fit: 'contain', background: '#fff' });
      return new Uint8Array(await square.flatten({ background: '#fff' }).png().toBuffer());
    }),
  );
  return { texts, pictures };
}
