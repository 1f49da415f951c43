import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HnswGraph } from '../../../src/version/graph.ts';
import type { BuilderName } from '../../../src/jobs/build-options.ts';
import { answerRequests } from '../../common/threads/answer-requests.ts';
import type { GraphLibrary, LibraryInput } from './graph-library.ts';
import { reachedNodes } from './reached-nodes.ts';

/** Each library is imported only when it is used, because the other may not be installed. */
const open: Readonly<Record<BuilderName, (input: LibraryInput) => Promise<GraphLibrary>>> = {
  hnswlib: async (input) => (await import('./hnswlib-library.ts')).openHnswlib(input),
  usearch: async (input) => (await import('./usearch-library.ts')).openUsearch(input),
};

export interface GraphTask {
  readonly builder: BuilderName;
  /** `input.vectors` is in a SharedArrayBuffer. */
  readonly input: LibraryInput;
  /** One shared number. The caller sets it to 1 to stop the thread, which reads no messages. */
  readonly stopped: Int32Array;
}

const answers = {
  /**
   * @param tell - called with the number of vectors inserted so far
   * @returns null if it was stopped
   */
  build: async (
    { builder, input, stopped }: GraphTask,
    tell: (done: number) => void,
  ): Promise<HnswGraph | null> => {
    const isStopped = () => Atomics.load(stopped, 0) !== 0;
    const library = await open[builder](input);
    const count = input.vectors.length / input.dim;
    for (let from = 0; from < count; from += library.chunk) {
      if (isStopped()) return null;
      const to = Math.min(from + library.chunk, count);
      library.add(from, to);
      tell(to);
    }
    const graph = await savedGraph(library);
    if (!library.addAgain) return graph;
    const lost = [...reachedNodes(graph).entries()].filter(([, reached]) => !reached);
    for (const [id] of lost) {
      if (isStopped()) return null;
      library.addAgain(id);
    }
    return lost.length > 0 ? savedGraph(library) : graph;
  },
};

export type GraphAnswers = typeof answers;

answerRequests(answers);

/** Read the graph from a saved file: neither library gives its links in another way. */
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
