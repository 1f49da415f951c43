import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { openSession, tensor } from '../../gpu-embedder/learn/onnx/session.ts';
import { createTextEncoder } from '../../src/encoder/text-encoder.ts';
import type { TextTowerHeader } from '../../src/version/weights-format.ts';
import { randomTower } from '../../test/support/random-tower.ts';
import type { RandomTower } from '../../test/support/random-tower.ts';
import { startBenchWorker } from '../workerd/start-bench-worker.ts';
import { childrenNamed, medianCpuMs } from './cpu-time.ts';
import { textOnnx } from './text-onnx.ts';

/** The text tower of CLIP ViT-B/32 (OpenAI): 63 million weights. */
const header: TextTowerHeader = {
  ...{ tower: 'text', embedDim: 512, vocabSize: 49408, contextLength: 77, width: 512, depth: 12 },
  ...{ heads: 8, hidden: 2048, activation: 'quick-gelu', epsilon: 1e-5 },
  ...{ causal: true, pooling: 'end', padding: null, start: 49406, end: 49407 },
};

export interface ClipRow {
  readonly runtime: string;
  readonly tokens: number;
  /** CPU time of a text, all threads of the process. */
  readonly cpuMs: number;
  /** Smallest cosine to ONNX Runtime in float32; random weights with outlier columns. */
  readonly cosineMin: number;
}

const lengths = [6, 10, 20, 77];
/** Texts of a measurement, and measurements of which the median counts. */
const [texts, runs] = [20, 5];

/** An encoder of texts, and the process whose time it takes. */
interface Runtime {
  readonly name: string;
  readonly pid: number | 'self';
  encodeAll(all: readonly number[][]): Promise<readonly Float32Array[]>;
}

/**
 * Measure the tower with random weights of the exact shapes. No two texts share more than their start
 * token, so each is computed.
 */
export async function measureClip(): Promise<ClipRow[]> {
  const { file, weights } = randomTower(header, 1);
  const encoder = createTextEncoder(loadWasm('encoder'), file);
  const node: Runtime = {
    name: 'Node',
    pid: 'self',
    encodeAll: (all) => Promise.resolve(all.map((ids) => encoder.encode(ids))),
  };
  const worker = await startBenchWorker('text-worker.ts', { 'text.bin': file });
  try {
    const workerd: Runtime = {
      name: 'workerd',
      pid: childrenNamed('workerd')[0],
      async encodeAll(all) {
        const body = new Uint8Array(Int32Array.of(all.length, ...all.flat()).buffer);
        const embeddings = new Float32Array(await worker.ask('/', body));
        return all.map((_, i) => embeddings.subarray(512 * i, 512 * (i + 1)));
      },
    };
    const rows: ClipRow[] = [];
    for (const tokens of lengths) rows.push(...(await compare([workerd, node], weights, tokens)));
    return rows;
  } finally {
    await worker.stop();
  }
}

async function compare(
  runtimes: readonly Runtime[],
  weights: RandomTower['weights'],
  tokens: number,
): Promise<ClipRow[]> {
  const random = createRandom(tokens);
  const make = (): number[][] =>
    Array.from({ length: texts }, () => [
      49406,
      ...Array.from({ length: tokens - 2 }, () => random.integer(49406)),
      49407,
    ]);
  const session = await openSession(textOnnx(header, weights, tokens), { threads: 1 });
  const onnx: Runtime = {
    name: 'onnxruntime-node, 1 thread, float32',
    pid: 'self',
    async encodeAll(all) {
      const embeddings: Float32Array[] = [];
      for (const ids of all) {
        const feeds = { ids: tensor(BigInt64Array.from(ids, BigInt), [tokens], 'int64') };
        embeddings.push((await session.run(feeds)).embedding.data as Float32Array);
      }
      return embeddings;
    },
  };
  const sample = make();
  const expected = await onnx.encodeAll(sample);
  const rows: ClipRow[] = [];
  for (const runtime of [...runtimes, onnx]) {
    const actual = await runtime.encodeAll(sample);
    await runtime.encodeAll(make());
    const cpuMs = (await medianCpuMs(runtime.pid, runs, () => runtime.encodeAll(make()))) / texts;
    const cosineMin = Math.min(...actual.map((one, i) => cosine(one, expected[i])));
    rows.push({ runtime: runtime.name, tokens, cpuMs, cosineMin });
  }
  await session.close();
  return rows;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] ** 2;
    bb += b[i] ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}
