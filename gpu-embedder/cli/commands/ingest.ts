import type { Command } from 'commander';
import { DiptychError } from '../../../src/errors.ts';
import { createImageFetcher } from '../../../src/items/ingest/allowed-urls.ts';
import { ingestItems } from '../../../src/items/ingest/ingest-items.ts';
import { exitWhenInterrupted } from '../interrupts.ts';
import {
  withStoreFlags,
  withStores,
  type StoreFlags,
} from '../../operate/catalogue/with-stores.ts';
import { collectionFlag } from '../flags/collections.ts';
import { columnsOf, withColumns, withImageColumn, type ColumnFlags } from '../flags/columns.ts';
import { followLinksFlag, labelsFromFoldersFlag, skipDamagedFlag } from '../flags/sources.ts';
import { encodingFlag } from '../flags/encodings.ts';
import { cocoSource, folderSource, type CocoInput } from '../../data/prepare/prepare-images.ts';
import { openParquetShards, openTarShards } from '../../data/prepare/prepare-shards.ts';
import type { Columns } from '../../data/readers/columns.ts';
import type { Source } from '../../data/readers/source.ts';
import { datasetItems } from '../../operate/ingest/dataset-items.ts';
import { httpTarget } from '../../operate/ingest/http-target.ts';
import { openJournal } from '../../operate/ingest/ingest-journal.ts';
import {
  ingestSource,
  type IngestSummary,
  type IngestTarget,
} from '../../operate/ingest/ingest-source.ts';
import { progressBar } from '../../common/progress.ts';
import { oneLine } from '../../common/terminal.ts';

interface IngestFlags extends StoreFlags {
  readonly collection: string;
  readonly url?: string;
  readonly json?: boolean;
}

interface FolderFlags extends IngestFlags, ColumnFlags {
  readonly encoding?: string;
  readonly captions?: string;
  readonly labelsFromFolders?: boolean;
  readonly followLinks?: boolean;
}

interface ShardFlags extends IngestFlags, ColumnFlags {
  readonly images?: string;
  readonly followLinks?: boolean;
  readonly skipDamaged?: boolean;
}

export function registerIngest(program: Command): void {
  const ingest = program
    .command('ingest')
    .description(
      'Take items into a collection of the catalogue. Items that have not changed cost nothing.\n' +
        'After an interruption, the same command continues where it stopped.',
    );
  const add = (command: Command) =>
    withStoreFlags(command)
      .addOption(collectionFlag('collection that gets the items'))
      .option(
        '--url <worker>',
        'send the items to a worker (DIPTYCH_API_KEY: key with scope write)',
      )
      .option('--json', 'print the result as JSON');

  add(ingest.command('dataset').description('a data set that `diptych prepare` wrote'))
    .argument('<dir>', 'folder of the data set')
    .action((dir: string, flags: IngestFlags) => run(datasetItems(dir), flags));

  add(withImageColumn(withColumns(ingest.command('folder').description('a folder of images'))))
    .argument('<images>', 'folder of the images')
    .option('--captions <file>', '.csv, .tsv or .jsonl; default: a .txt file for each image')
    .addOption(encodingFlag())
    .addOption(labelsFromFoldersFlag())
    .addOption(followLinksFlag())
    .action(async (images: string, flags: FolderFlags) => {
      const { captions, encoding, labelsFromFolders, followLinks } = flags;
      const input = { images, captions, encoding, labelsFromFolders, followLinks };
      await run(await folderSource({ ...input, columns: columnsWithoutSplit(flags) }), flags);
    });

  add(ingest.command('coco').description('images with COCO captions json'))
    .requiredOption('--images <dir>', 'folder of the images')
    .requiredOption('--annotations <file>', 'captions json')
    .addOption(encodingFlag())
    .addOption(followLinksFlag())
    .action(async (flags: IngestFlags & CocoInput) => run(await cocoSource(flags), flags));

  add(withColumns(ingest.command('tar').description('tar shards in the layout of webdataset')))
    .argument('<shards...>', "files or brace patterns, 'train-{000..010}.tar'")
    .addOption(skipDamagedFlag())
    .action(async (shards: readonly string[], flags: ShardFlags) => {
      const { skipDamaged } = flags;
      const columns = columnsWithoutSplit(flags);
      await run(await openTarShards({ shards, columns, skipDamaged }), flags);
    });

  const parquet = ingest.command('parquet').description('parquet files with a row for each image');
  add(withImageColumn(withColumns(parquet)))
    .argument('<files...>', "files or brace patterns, 'train-{000..010}.parquet'")
    .option('--images <dir>', 'folder that the paths of images start from')
    .addOption(followLinksFlag())
    .addOption(skipDamagedFlag())
    .action(async (shards: readonly string[], flags: ShardFlags) => {
      const { images, followLinks, skipDamaged } = flags;
      const input = { shards, images, followLinks, skipDamaged };
      await run(await openParquetShards({ ...input, columns: columnsWithoutSplit(flags) }), flags);
    });
}

/** The catalogue does not keep the split of a source, so an unknown one is no reason for a skip. */
const columnsWithoutSplit = (flags: ColumnFlags): Columns => ({
  ...columnsOf(flags),
  split: false,
});

async function run(source: Source, flags: IngestFlags): Promise<void> {
  const stopListening = exitWhenInterrupted();
  try {
    const summary = await withTarget(flags, (target) => ingest(source, target, flags));
    show(summary, flags);
  } finally {
    stopListening();
    source.close?.();
  }
}

async function ingest(
  source: Source,
  target: IngestTarget,
  { collection, database, url, store = 'local', workDir }: IngestFlags,
): Promise<IngestSummary> {
  const place = url ?? [database, store];
  const journal = await openJournal(workDir, [collection, place, source.key]);
  const bar = progressBar('ingest', source.progress.total);
  try {
    const summary = await ingestSource(source, target, journal.before, {
      onRead: (done) => bar.update(done),
      onTaken: (inputs) => journal.taken(inputs),
    });
    await journal.finish();
    return summary;
  } finally {
    bar.stop();
  }
}

async function withTarget<T>(
  flags: IngestFlags,
  work: (target: IngestTarget) => Promise<T>,
): Promise<T> {
  const { collection, url } = flags;
  if (url === undefined) {
    return withStores(flags, async (stores) => {
      const fetchImage = createImageFetcher(process.env['IMAGE_URLS'], fetch);
      return work((items) => ingestItems({ ...stores, fetchImage }, collection, items));
    });
  }
  const key = process.env['DIPTYCH_API_KEY'];
  if (key) return work(httpTarget(url, key, collection));
  throw new DiptychError(
    'invalid_option',
    'DIPTYCH_API_KEY: expected a key with scope write in the environment, got nothing',
  );
}

function show(summary: IngestSummary, { collection, json }: IngestFlags): void {
  const { inputs, before, created, updated, unchanged, skipped, failed, problems } = summary;
  const list = (counts: Readonly<Record<string, number>>) => {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const codes = Object.entries(counts).map(([code, count]) => `${count} ${code}`);
    return codes.length > 0 ? `${total} (${codes.join(', ')})` : '0';
  };
  const earlier = before > 0 ? ` + ${before} taken in by an earlier run` : '';
  process.stderr.write(
    `${collection}: ${inputs} inputs = ${created} created + ${updated} updated + ` +
      `${unchanged} unchanged + ${list(skipped)} skipped + ${list(failed)} failed${earlier}\n`,
  );
  for (const { where, code, reason } of problems.slice(0, 10)) {
    process.stderr.write(`  ${oneLine(`${where}: ${code}: ${reason}`)}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}
