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
import { oneLine } from '../../common/terminal.ts';

interface IngestFlags extends StoreFlags {
  readonly collection: string;
  readonly url?: string;
  readonly prune?: boolean;
  readonly prunePrefix?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface FolderFlags extends IngestFlags, ColumnFlags {
  readonly encoding?: string;
  readonly captions?: string;
  readonly labelsFromFolders?: boolean;
  readonly followLinks?: boolean;
}

interface ShardFlags extends IngestFlags, ColumnFlags {
  readonly encoding?: string;
  readonly images?: string;
  readonly followLinks?: boolean;
  readonly skipDamaged?: boolean;
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
    .addOption(encodingFlag())
    .addOption(skipDamagedFlag())
    .action(async (shards: readonly string[], flags: ShardFlags) => {
      const { encoding, skipDamaged } = flags;
      const columns = columnsWithoutSplit(flags);
      await run(await openTarShards({ shards, columns, encoding, skipDamaged }), flags);
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
    checkFlags(flags);
    const outcome = await withTarget(flags, (place) => ingest(source, place, flags));
    show(outcome, flags);
    const { inputs, before, created, updated, unchanged } = outcome;
    // A script must notice that its source gave nothing.
    if (inputs > 0 && before + created + updated + unchanged === 0) process.exitCode = 1;
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
      const target: IngestTarget = (items) =>
        ingestItems({ ...stores, fetchImage }, collection, items);
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
    process.stderr.write(`  ${oneLine(`${where}: ${code}: ${reason}`)}\n`);
  }
  if (outcome.pruned) showPruned(outcome.pruned, dryRun ? 'would be removed' : 'removed');
  if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

function showPruned(ids: readonly string[], what: string): void {
  process.stderr.write(`${ids.length} pruned: the source no longer has them\n`);
  for (const id of ids.slice(0, 10)) process.stderr.write(`  ${oneLine(id)}: ${what}\n`);
}
