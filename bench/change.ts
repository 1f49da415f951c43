import { existsSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildGraph } from '../gpu-embedder/index/graph/build-graph.ts';
import { buildVectorIndex } from '../gpu-embedder/index/version/build-vector-index.ts';
import { buildVersion } from '../gpu-embedder/index/version/build-version.ts';
import { changeGraph } from '../gpu-embedder/index/graph/change-graph.ts';
import { planChange } from '../gpu-embedder/index/graph/plan-change.ts';
import { openDatasetSource } from '../gpu-embedder/index/source/dataset-source.ts';
import { openVersionFolder } from '../gpu-embedder/common/open-version-folder.ts';
import { openPreviousVectors } from '../gpu-embedder/index/version/previous-vectors.ts';
import { readEmbeddings } from '../gpu-embedder/embed/read-embeddings.ts';
import { xxh64 } from '../gpu-embedder/index/version/xxh64.ts';
import { quantise } from '../src/version/quantise.ts';
import { writeVectorFile } from '../src/version/write-vector-file.ts';
import { defaults } from '../src/config.ts';
import type { BenchOptions } from './bench.ts';
import { changingCollection } from './vectors/churn.ts';
import { graphRecall } from './vectors/graph-recall.ts';
import { chooseVectors, defaultEmbeddings, type VectorData } from './vectors/vector-data.ts';

export interface ChangeRow {
  readonly data: string;
  /** Share of the vectors that are updated (half), removed or added (a quarter each). */
  readonly churn: number;
  /**
   * `graph`: from vectors and the bytes of the old file to a graph. `vector file`: to a file whose
   * recall is measured. `diptych index`: the whole command, where all of the share are updates.
   */
  readonly step: 'graph' | 'vector file' | 'diptych index';
  readonly buildSeconds: number;
  readonly changeSeconds: number;
  readonly ratio: number;
  /** annRecall@10 at efSearch 64 of 1,000 queries. */
  readonly builtRecall?: number;
  readonly changedRecall?: number;
  /** Mean number of links of a node on level 0. */
  readonly builtDegree?: number;
  readonly changedDegree?: number;
}

const churns = [0.01, 0.2] as const;
const { M, efConstruction } = defaults;
const graphOptions = { M, efConstruction };
const indexOptions = {
  ...graphOptions,
  recall: defaults.annRecallAt10,
  quantisation: 'int8+residual',
  builder: 'auto',
  shards: 1,
} as const;

export const question =
  'How long does it take to change a version and to build a new one, and what is their recall?';

export const flags = ['embeddings', 'data', 'model', 'count', 'dim'] as const;

/** `--count 100000 --dim 512` uses synthetic vectors; the default is what `encode` wrote, and its data. */
export async function run(options: BenchOptions = {}): Promise<ChangeRow[]> {
  const data = await chooseVectors(options);
  const rows = await compareGraphs(data);
  const synthetic = options['count'] !== undefined || options['dim'] !== undefined;
  const dataset = options['data'] ?? '.diptych/data/pictograms-demo';
  if (!synthetic && existsSync(dataset)) {
    const embeddings = options['embeddings'] ?? defaultEmbeddings;
    const model = options['model'] ?? 'models/pictogram';
    rows.push(...(await compareCommands(data.name, { embeddings, data: dataset, model })));
  }
  return rows;
}

async function compareGraphs(data: VectorData): Promise<ChangeRow[]> {
  const { dim, queries } = data;
  const { before, after } = changingCollection(data);
  const graph = await buildGraph(before.vectors, dim, graphOptions);
  const file = writeVectorFile(graph, quantise(before.vectors, dim, 'int8+residual'), xxh64);
  const open = () =>
    openPreviousVectors('before', file, { name: 'before', dim, keys: before.keys });
  const asked = { kind: 'caption', vectors: flat(queries, dim) } as const;
  const rows: ChangeRow[] = [];
  for (const churn of churns) {
    const { keys, vectors } = after(churn);
    const row = { data: data.name, churn };
    const origin = () => ({ previous: open(), keys });
    const built = await timed(() => buildGraph(vectors, dim, graphOptions));
    const changed = await timed(() => {
      const previous = open();
      const { oldOf } = planChange(previous, keys, vectors, dim);
      return changeGraph(previous.graph, vectors, dim, oldOf);
    });
    const recallOf = graphRecall({ ...data, vectors });
    rows.push({
      ...{ ...row, step: 'graph', ...compared(built.seconds, changed.seconds) },
      builtRecall: recallOf(built.value, [64])[0],
      changedRecall: recallOf(changed.value, [64])[0],
      builtDegree: built.value.links.length / built.value.count,
      changedDegree: changed.value.links.length / changed.value.count,
    });
    const index = (from?: ReturnType<typeof origin>) =>
      buildVectorIndex(vectors, dim, asked, indexOptions, {}, from);
    const builtFile = await timed(() => index());
    const changedFile = await timed(() => index(origin()));
    const times = compared(builtFile.seconds, changedFile.seconds);
    rows.push({ ...row, step: 'vector file', ...times });
  }
  return rows;
}

interface Collection {
  readonly embeddings: string;
  readonly data: string;
  readonly model: string;
}

async function compareCommands(name: string, collection: Collection): Promise<ChangeRow[]> {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-bench-'));
  try {
    const index = async (out: string, embeddings: string, from?: string) =>
      buildVersion(await openDatasetSource({ ...collection, embeddings }), {
        ...{ model: collection.model, collection: 'bench', out: join(dir, out) },
        from: from === undefined ? undefined : await openVersionFolder(from),
      });
    const { dir: before } = await index('before', collection.embeddings);
    const rows: ChangeRow[] = [];
    for (const churn of churns) {
      const embeddings = join(dir, `embeddings ${churn}`);
      await writeUpdated(collection.embeddings, embeddings, churn);
      const built = await timed(() => index(`built ${churn}`, embeddings));
      const changed = await timed(() => index(`changed ${churn}`, embeddings, before));
      const times = compared(built.seconds, changed.seconds);
      rows.push({ data: name, churn, step: 'diptych index', ...times });
    }
    return rows;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Write embeddings of the same data set with a share of the rows permuted; each is an update. */
async function writeUpdated(from: string, to: string, share: number): Promise<void> {
  const { image, caption, model } = await readEmbeddings(from);
  const dim = model.embedDim;
  await cp(from, to, { recursive: true });
  for (const [file, vectors] of Object.entries({ 'image.f32': image, 'caption.f32': caption })) {
    const step = Math.round(1 / share) * dim;
    const first = vectors.slice(0, dim);
    let last = 0;
    for (; last + step < vectors.length; last += step) {
      vectors.copyWithin(last, last + step, last + step + dim);
    }
    vectors.set(first, last);
    await writeFile(join(to, file), vectors);
  }
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - start) / 1000 };
}

function compared(buildSeconds: number, changeSeconds: number) {
  return { buildSeconds, changeSeconds, ratio: buildSeconds / changeSeconds };
}

function flat(rows: readonly Float32Array[], dim: number): Float32Array {
  const result = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => result.set(row, i * dim));
  return result;
}
