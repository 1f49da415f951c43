import type { Command } from 'commander';
import { DiptychError } from '../../../src/errors.ts';
import { createImageFetcher } from '../../../src/items/ingest/allowed-urls.ts';
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
import { catalogueTarget } from '../../operate/ingest/catalogue-target.ts';
import { datasetItems } from '../../operate/ingest/dataset-items.ts';
import { dryTarget } from '../../operate/ingest/dry-target.ts';
import { httpItems } from '../../operate/ingest/http-items.ts';
import { httpTarget } from '../../operate/ingest/http-target.ts';
import { openJournal } from '../../operate/ingest/ingest-journal.ts';
import {
  ingestSource,
  type IngestSummary,
  type IngestTarget,
} from '../../operate/ingest/ingest-source.ts';
import { createPruner } from '../../operate/ingest/prune.ts';
import { catalogueItems, type StoredItems } from '../../operate/ingest/stored-items.ts';
import { progressBar } from '../../common/progress.ts';

interface IngestFlags extends StoreFlags {
  readonly collection: string;
  readonly url?: string;
  readonly prune?: boolean;
  readonly prunePrefix?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** What became of a source, and of the items that it no longer has. */
interface IngestOutcome extends IngestSummary {
  /** Ids of the items that were removed; null without --prune. */
  readonly pruned: readonly string[] | null;
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
        'send the items to a worker (DIPTYCH_API_KEY: key with scope write; --prune and --dry-run also want read)',
      )
      .option('--prune', 'remove the items of the collection that the source no longer has')
      .option('--prune-prefix <text>', 'with --prune: only items whose id begins with it')
      .option('--dry-run', 'say what would be created, updated and removed; write nothing')
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
    checkFlags(flags);
    const outcome = await withTarget(flags, (place) => ingest(source, place, flags));
    show(outcome, flags);
  } finally {
    stopListening();
    source.close?.();
  }
}

function checkFlags({ prune, prunePrefix }: IngestFlags): void {
  if (prunePrefix === undefined || prune) return;
  throw new DiptychError(
    'invalid_option',
    `--prune-prefix ${prunePrefix}: expected --prune with it`,
  );
}

/** Where items go, and what is there already. */
interface Place {
  readonly target: IngestTarget;
  readonly stored: StoredItems;
}

async function ingest(source: Source, place: Place, flags: IngestFlags): Promise<IngestOutcome> {
  const { collection, database, url, store = 'local', workDir, prune, dryRun } = flags;
  const key = [collection, url ?? [database, store], source.key];
  const journal = dryRun ? null : await openJournal(workDir, key);
  const target = dryRun ? await dryTarget(place.stored) : place.target;
  const pruner = prune ? createPruner() : null;
  const bar = progressBar('ingest', source.progress.total);
  try {
    const summary = await ingestSource(source, target, journal?.before ?? 0, {
      onRead: (done) => bar.update(done),
      onInput: pruner?.note,
      onTaken: async (inputs) => journal?.taken(inputs),
    });
    await journal?.finish();
    const options = { idPrefix: flags.prunePrefix, dryRun };
    const pruned =
      (await pruner?.prune(place.stored, options).catch((error: unknown) => {
        // The items are taken in. Only what should be removed is not.
        show({ ...summary, pruned: null }, { ...flags, json: false });
        throw error;
      })) ?? null;
    return { ...summary, pruned };
  } finally {
    bar.stop();
  }
}

async function withTarget<T>(flags: IngestFlags, work: (place: Place) => Promise<T>): Promise<T> {
  const { collection, url } = flags;
  if (url === undefined) {
    return withStores(flags, (stores) => {
      const fetchImage = createImageFetcher(process.env['IMAGE_URLS'], fetch);
      const target = catalogueTarget({ ...stores, fetchImage }, collection);
      return work({ target, stored: catalogueItems(stores, collection) });
    });
  }
  const key = process.env['DIPTYCH_API_KEY'];
  if (key) {
    const target = httpTarget(url, key, collection);
    return work({ target, stored: httpItems(url, key, collection) });
  }
  throw new DiptychError(
    'invalid_option',
    'DIPTYCH_API_KEY: expected a key with scope write in the environment, got nothing',
  );
}

function show(outcome: IngestOutcome, { collection, dryRun, json }: IngestFlags): void {
  const { inputs, before, created, updated, unchanged, skipped, failed, problems } = outcome;
  const list = (counts: Readonly<Record<string, number>>) => {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const codes = Object.entries(counts).map(([code, count]) => `${count} ${code}`);
    return codes.length > 0 ? `${total} (${codes.join(', ')})` : '0';
  };
  const earlier = before > 0 ? ` + ${before} taken in by an earlier run` : '';
  if (dryRun) process.stderr.write('dry run: nothing is written\n');
  process.stderr.write(
    `${collection}: ${inputs} inputs = ${created} created + ${updated} updated + ` +
      `${unchanged} unchanged + ${list(skipped)} skipped + ${list(failed)} failed${earlier}\n`,
  );
  for (const { where, code, reason } of problems.slice(0, 10)) {
    process.stderr.write(`  ${where}: ${code}: ${reason}\n`);
  }
  if (outcome.pruned) showPruned(outcome.pruned, dryRun ? 'would be removed' : 'removed');
  if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

function showPruned(ids: readonly string[], what: string): void {
  process.stderr.write(`${ids.length} pruned: the source no longer has them\n`);
  for (const id of ids.slice(0, 10)) process.stderr.write(`  ${id}: ${what}\n`);
}
