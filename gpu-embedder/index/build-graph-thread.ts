import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { HnswGraph } from '../../src/hnsw/graph.ts';
import type { ThreadData } from '../threads/start-thread.ts';
import type { GraphThreadData, GraphThreadMessage } from './build-graph.ts';
import type { BuilderName } from '../../src/jobs/build-options.ts';
import type { GraphLibrary, LibraryInput } from './graph-library.ts';
import { reachedNodes } from './reached-nodes.ts';

/** Imported when needed: either works where the other has no binary. */
const open: Readonly<Record<BuilderName, (input: LibraryInput) => Promise<GraphLibrary>>> = {
  hnswlib: async (input) => (await import('./hnswlib-library.ts')).openHnswlib(input),
  usearch: async (input) => (await import('./usearch-library.ts')).openUsearch(input),
};

const { builder, input, stopped } = (workerData as ThreadData<GraphThreadData>).data;
const post = (message: GraphThreadMessage) => parentPort?.postMessage(message);
const graph = await build(await open[builder](input));
if (graph) post({ graph });

/** Null where it was stopped. */
async function build(library: GraphLibrary): Promise<HnswGraph | null> {
  const count = input.vectors.length / input.dim;
  for (let from = 0; from < count; from += library.chunk) {
    if (isStopped()) return null;
    const to = Math.min(from + library.chunk, count);
    library.add(from, to);
    post({ done: to });
  }
  const graph = await savedGraph(library);
  if (!library.addAgain) return graph;
  const lost = [...reachedNodes(graph).entries()].filter(([, reached]) => !reached);
  for (const [id] of lost) {
    if (isStopped()) return null;
    library.addAgain(id);
  }
  return lost.length > 0 ? savedGraph(library) : graph;
}

function isStopped(): boolean {
  return Atomics.load(stopped, 0) !== 0;
}

/** Neither library tells its links but in a file. */
async function savedGraph(library: GraphLibrary): Promise<HnswGraph> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-graph-'));
  try {
    const file = join(dir, 'graph.bin');
    library.save(file);
    return library.read(await readFile(file));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
