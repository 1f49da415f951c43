import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import hnswlib from 'hnswlib-node';
import type { HnswGraph } from '../../src/hnsw/graph.ts';
import type { ThreadData } from '../threads/start-thread.ts';
import type { GraphThreadData, GraphThreadMessage } from './build-graph.ts';
import { readHnswlib } from './read-hnswlib.ts';

/** Vectors between two messages. */
const chunk = 256;

const { vectors, dim, options, stopped } = (workerData as ThreadData<GraphThreadData>).data;
const post = (message: GraphThreadMessage) => parentPort?.postMessage(message);
const graph = await build();
if (graph) post({ graph });

/** Null where it was stopped. */
async function build(): Promise<HnswGraph | null> {
  const { M, efConstruction, seed } = options;
  const count = vectors.length / dim;
  const index = new hnswlib.HierarchicalNSW('ip', dim);
  index.initIndex(count, M, efConstruction, seed);
  for (let i = 0; i < count; i++) {
    if (Atomics.load(stopped, 0) !== 0) return null;
    index.addPoint(Array.from(vectors.subarray(i * dim, (i + 1) * dim)), i);
    if ((i + 1) % chunk === 0) post({ done: i + 1 });
  }
  const dir = await mkdtemp(join(tmpdir(), 'diptych-graph-'));
  try {
    const file = join(dir, 'graph.bin');
    await index.writeIndex(file);
    return readHnswlib(await readFile(file), dim);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
