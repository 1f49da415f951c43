import { InvalidArgumentError, Option, type Command } from 'commander';
import { vectorFormat } from '../../src/artifact/format.ts';
import {
  maxShards,
  vectorPlaces,
  type VectorIndex,
  type VectorPlace,
} from '../../src/artifact/manifest.ts';
import { quantisations, type Quantisation } from '../../src/artifact/quantise.ts';
import { defaults } from '../../src/config.ts';
import { megabytes } from '../../src/megabytes.ts';
import { untilInterrupted } from '../cli/interrupts.ts';
import { buildIndex, type BuildIndexResult } from '../index/build-index.ts';
import { builderNames, usearchFrom } from '../index/choose-builder.ts';
import type { VectorIndexOptions } from '../index/build-vector-index.ts';
import type { GraphReport } from '../index/graph-report.ts';

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
    .requiredOption('--embeddings <dir>', 'what encode wrote: .diptych/embeddings/<collection>')
    .requiredOption('--data <dir>', 'the prepared data set that was encoded')
    .requiredOption('--collection <name>', 'collection that the version belongs to', collectionName)
    .option('--model <dir|id>', 'the model that encoded it', 'models/pictogram')
    .option('--out <dir>', 'versions go to <dir>/<collection>/<version>', '.diptych/index')
    .option('--from <dir>', 'a version to change, faster than to build where little is new')
    .option('--M <n>', 'links per node', within(2, vectorFormat.maxM), defaults.M)
    .option(
      '--ef-construction <n>',
      'candidates when a node is inserted',
      within(1, 4096),
      defaults.efConstruction,
    )
    .option(
      '--recall <share>',
      'annRecall@10 that a search reaches, with the least effort',
      share,
      defaults.annRecallAt10,
    )
    .addOption(
      new Option('--quantisation <kind>', 'what is kept of vectors, the most exact first')
        .choices(quantisations)
        .default('int8+residual' satisfies Quantisation),
    )
    .addOption(
      new Option(
        '--builder <name>',
        `library that builds the graphs; auto: usearch from ${usearchFrom} vectors on`,
      )
        .choices(['auto', ...builderNames])
        .default('auto'),
    )
    .option(
      '--shards <n>',
      'split the vectors among so many isolates (docs/shards.md); 1 keeps them in one',
      within(1, maxShards),
      1,
    )
    .addOption(
      new Option('--vectors <where>', 'where vectors are searched; see docs/vectorize.md')
        .choices(vectorPlaces)
        .default('isolate' satisfies VectorPlace),
    )
    .option('--json', 'print the result as JSON')
    .action(async ({ json, ...options }: IndexFlags) => {
      const result = await untilInterrupted(
        (signal) => buildIndex({ ...options, signal }),
        'interrupted',
      );
      for (const [name, why] of Object.entries(result.rebuilt ?? {})) {
        if (why !== undefined) process.stderr.write(`${name} graph built from nothing: ${why}\n`);
      }
      process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
    });
}

function summary({ dir, built, manifest, graphs }: BuildIndexResult): string {
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

function within(low: number, high: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= low && number <= high) return number;
    throw new InvalidArgumentError(`expected a whole number from ${low} to ${high}`);
  };
}

function share(value: string): number {
  const number = Number(value);
  if (number > 0 && number <= 1) return number;
  throw new InvalidArgumentError('expected a share above 0, at most 1');
}

/** Collections name folders, keys and URLs. */
function collectionName(value: string): string {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(value)) return value;
  throw new InvalidArgumentError('expected lower-case letters, digits, ".", "_" and "-"');
}
