import { Option, type Command } from 'commander';
import { vectorPlaces, type VectorIndex, type VectorPlace } from '../../../src/version/manifest.ts';
import type { Quantisation } from '../../../src/version/quantise.ts';
import { defaults } from '../../../src/config.ts';
import type { BuilderChoice } from '../../../src/jobs/build-options.ts';
import { buildFlags } from '../flags/build-options.ts';
import { collectionFlag } from '../flags/collections.ts';
import { modelFlag } from '../flags/models.ts';
import { megabytes } from '../../../src/megabytes.ts';
import { untilInterrupted } from '../interrupts.ts';
import { openVersionFolder } from '../../common/open-version-folder.ts';
import { stageBars } from '../../common/stage-bars.ts';
import { openDatasetSource, type DatasetSource } from '../../index/source/dataset-source.ts';
import { buildVersion, type BuildVersionResult } from '../../index/version/build-version.ts';
import { usearchFrom } from '../../index/graph/choose-builder.ts';
import type { VectorIndexOptions } from '../../index/version/build-vector-index.ts';
import type { GraphReport } from '../../index/graph/graph-report.ts';

interface IndexFlags extends VectorIndexOptions {
  readonly embeddings: string;
  readonly data: string;
  readonly model: string;
  readonly collection: string;
  readonly out: string;
  readonly from?: string;
  readonly vectors: VectorPlace;
  readonly json?: boolean;
}

/** Register `index`. */
export function registerIndex(program: Command): void {
  program
    .command('index')
    .description('build an index version from embeddings')
    .requiredOption(
      '--embeddings <dir>',
      'folder that encode wrote: .diptych/embeddings/<collection>',
    )
    .requiredOption('--data <dir>', 'the prepared data set that was encoded')
    .addOption(collectionFlag('collection that the version belongs to'))
    .addOption(modelFlag())
    .option('--out <dir>', 'versions go to <dir>/<collection>/<version>', '.diptych/index')
    .option('--from <dir>', 'version to change, which is faster than to build if little is new')
    .addOption(buildFlags.M().default(defaults.M))
    .addOption(buildFlags.efConstruction().default(defaults.efConstruction))
    .addOption(buildFlags.recall().default(defaults.annRecallAt10))
    .addOption(buildFlags.quantisation().default('int8+residual' satisfies Quantisation))
    .addOption(buildFlags.builder(usearchFrom).default('auto' satisfies BuilderChoice))
    .addOption(buildFlags.shards().default(1))
    .addOption(
      new Option('--vectors <where>', 'where vectors are searched; see docs/vectorize.md')
        .choices(vectorPlaces)
        .default('isolate' satisfies VectorPlace),
    )
    .option('--json', 'print the result as JSON')
    .action(async ({ json, ...options }: IndexFlags) => {
      const result = await untilInterrupted((signal) => build(options, signal), 'interrupted');
      for (const [name, why] of Object.entries(result.rebuilt ?? {})) {
        if (why !== undefined) process.stderr.write(`${name} graph built from nothing: ${why}\n`);
      }
      for (const id of result.notEncoded) {
        process.stderr.write(`${id}: its image has no embedding; it is not in the version\n`);
      }
      process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
    });
}

type IndexResult = BuildVersionResult & Pick<DatasetSource, 'pseudoCaptioned' | 'notEncoded'>;

async function build(
  { from, ...options }: Omit<IndexFlags, 'json'>,
  signal: AbortSignal,
): Promise<IndexResult> {
  const source = await openDatasetSource(options);
  const previous = from === undefined ? undefined : await openVersionFolder(from);
  const bars = stageBars();
  try {
    const onProgress = bars.update;
    const built = await buildVersion(source, { ...options, from: previous, signal, onProgress });
    const { pseudoCaptioned, notEncoded } = source;
    return { ...built, pseudoCaptioned, notEncoded };
  } finally {
    bars.stop();
  }
}

function summary({ dir, built, manifest, graphs }: IndexResult): string {
  if (!built) return `${dir}: already built from the same input`;
  const { image, caption, memory, shards = [] } = manifest;
  const line = (name: string, index: VectorIndex) =>
    manifest.vectors === 'vectorize'
      ? `${name}: ${index.count} vectors for Vectorize`
      : `${name}: ${index.count} vectors${changed(index)}, annRecall@10 ${index.annRecallAt10?.toFixed(4) ?? '-'} at efSearch ${index.efSearch} (${index.recallQueries ?? 'no'} queries)`;
  return [
    dir,
    line('images', image),
    line('captions', caption),
    ...(graphs ? [`graphs: ${links(graphs.image)}; ${links(graphs.caption)}`] : []),
    `isolate memory: ${megabytes(memory.total)} of ${megabytes(memory.budget)} MB`,
    ...shards.map((shard, i) => `shard ${i}: ${megabytes(shard.memory)} MB`),
  ].join('\n');
}

function changed({ change }: VectorIndex): string {
  if (!change) return '';
  return ` (${change.kept} kept, ${change.added} added, ${change.removed} removed)`;
}

function links(graphs: readonly GraphReport[]): string {
  const mean = (of: (graph: GraphReport) => number) =>
    graphs.reduce((sum, graph) => sum + of(graph), 0) / graphs.length;
  const degree = mean((graph) => graph.degree.mean).toFixed(1);
  return `${degree} links a node, ${Math.round(100 * mean(({ mutual }) => mutual))} % mutual`;
}
