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
import { cocoSource, folderSource } from '../../data/prepare/prepare-images.ts';
import { openParquetShards, openTarShards } from '../../data/prepare/prepare-shards.ts';
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

interface IngestFlags extends StoreFlags {
  readonly collection: string;
  readonly url?: string;
  readonly json?: boolean;
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

  add(ingest.command('folder').description('a folder of images'))
    .argument('<images>', 'folder of the images')
    .option('--captions <file>', '.csv, .tsv or .jsonl; default: a .txt file for each image')
    .action(async (images: string, flags: IngestFlags & { captions?: string }) =>
      run(await folderSource({ images, captions: flags.captions }), flags),
    );

  add(ingest.command('coco').description('images with COCO captions json'))
    .requiredOption('--images <dir>', 'folder of the images')
    .requiredOption('--annotations <file>', 'captions json')
    .action(async (flags: IngestFlags & { images: string; annotations: string }) =>
      run(await cocoSource(flags), flags),
    );

  add(ingest.command('tar').description('tar shards in the layout of webdataset'))
    .argument('<shards...>', "files or brace patterns, 'train-{000..010}.tar'")
    .action(async (shards: readonly string[], flags: IngestFlags) =>
      run(await openTarShards({ shards }), flags),
    );

  add(ingest.command('parquet').description('parquet files with a row for each image'))
    .argument('<files...>', "files or brace patterns, 'train-{000..010}.parquet'")
    .option('--images <dir>', 'folder that the paths of images start from')
    .action(async (shards: readonly string[], flags: IngestFlags & { images?: string }) =>
      run(await openParquetShards({ shards, images: flags.images }), flags),
    );
}

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
    process.stderr.write(`  ${where}: ${code}: ${reason}\n`);
  }
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
}
