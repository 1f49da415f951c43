import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { defaults } from '../../../src/config.ts';
import {
  columnsOf,
  withColumns,
  withImageColumn,
  withSplit,
  type ColumnFlags,
} from '../flags/columns.ts';
import { encodingFlag } from '../flags/encodings.ts';
import { names } from '../flags/lists.ts';
import { shareOrCount, wholeNumber } from '../flags/numbers.ts';
import { followLinksFlag, labelsFromFoldersFlag, skipDamagedFlag } from '../flags/sources.ts';
import { preparePictograms } from '../../data/pictograms/prepare-pictograms.ts';
import { prepareCoco, prepareFolder } from '../../data/prepare/prepare-images.ts';
import { prepareParquet, prepareTar } from '../../data/prepare/prepare-shards.ts';
import type { PrepareResult } from '../../data/prepare/prepare-result.ts';

/** Register `prepare pictograms | folder | coco | tar | parquet`. */
export function registerPrepare(program: Command): void {
  const prepare = program
    .command('prepare')
    .description('turn images and captions from any source into a prepared data set');
  prepare
    .command('pictograms')
    .description('emoji and icon sets of npm packages; default: the demo, about 16,000 images')
    .option('--out <dir>', 'where the data set goes (default: .diptych/data/<choice of sets>)')
    .option('--all', 'the whole training corpus and the validation sets; installs packages')
    .option('--variants', 'keep other styles of each icon as views, which training draws from')
    .option('--sets <names>', 'only these sets of corpus/sets.json, comma-separated', names)
    .option(
      '--image-size <pixels>',
      'side of the prepared images',
      wholeNumber(1),
      defaults.imageSize,
    )
    .option('--json', 'print the result as JSON')
    .action(async (options: PictogramOptions) => {
      const out = options.out ?? `.diptych/data/${defaultName(options)}`;
      show(await preparePictograms({ ...options, out }), options.json);
    });

  const folder = prepare
    .command('folder')
    .description('a folder of images with a captions file, or with a .txt file for each image')
    .argument('<dir>', 'folder of the images')
    .option('--captions <file>', '.csv, .tsv or .jsonl; names images by path under <dir>')
    .option('--separator <text>', 'between columns (default: comma, in .tsv a tab)')
    .addOption(encodingFlag())
    .addOption(labelsFromFoldersFlag())
    .addOption(followLinksFlag());
  commonOptions(columnOptions(withImageColumn(folder)), '<name of dir>').action(
    async (images: string, options: FolderOptions) => {
      const separator = options.separator === '\\t' ? '\t' : options.separator;
      const columns = { ...columnsOf(options), separator };
      const { captions, encoding, labelsFromFolders, followLinks } = options;
      const input = { images, captions, columns, encoding, labelsFromFolders, followLinks };
      const result = await prepareFolder({ ...input, ...common(images, options) });
      show(result, options.json);
    },
  );

  const coco = prepare
    .command('coco')
    .description('images with COCO captions json')
    .requiredOption('--images <dir>', 'folder of the images')
    .requiredOption('--annotations <file>', 'captions json with "images" and "annotations"')
    .addOption(encodingFlag())
    .addOption(followLinksFlag());
  commonOptions(coco, '<name of the folder>').action(async (options: CocoOptions) => {
    const { images, annotations, encoding, followLinks } = options;
    const input = { images, annotations, encoding, followLinks };
    show(await prepareCoco({ ...input, ...common(images, options) }), options.json);
  });

  const tar = prepare
    .command('tar')
    .description(
      'tar shards in the layout of webdataset: files of the same name are one sample, an image with ' +
        '.txt (a caption in each line), .json (fields are columns) or .cls (a label)',
    )
    .argument('<shards...>', "files or brace patterns, 'train-{000..010}.tar'; also .tar.gz")
    .addOption(encodingFlag())
    .addOption(skipDamagedFlag());
  commonOptions(columnOptions(tar), '<name of their folder>').action(
    async (shards: readonly string[], options: TarOptions) => {
      const { encoding, skipDamaged } = options;
      const input = { shards, columns: columnsOf(options), encoding, skipDamaged };
      const place = dirname(shards[0]);
      show(await prepareTar({ ...input, ...common(place, options) }), options.json);
    },
  );

  const parquet = prepare
    .command('parquet')
    .description(
      'parquet files with a row for each image, which holds its bytes, its path, or {bytes, path} ' +
        'as the Hugging Face hub writes them',
    )
    .argument('<files...>', "files or brace patterns, 'train-{000..010}.parquet'")
    .option('--images <dir>', 'folder that the paths of images start from')
    .addOption(followLinksFlag())
    .addOption(skipDamagedFlag());
  commonOptions(columnOptions(withImageColumn(parquet)), '<name of their folder>').action(
    async (shards: readonly string[], options: ParquetOptions) => {
      const { images, followLinks, skipDamaged } = options;
      const input = { shards, columns: columnsOf(options), images, followLinks, skipDamaged };
      const place = dirname(shards[0]);
      const result = await prepareParquet({ ...input, ...common(place, options) });
      show(result, options.json);
    },
  );
}

const columnOptions = (command: Command): Command => withSplit(withColumns(command));

function commonOptions(command: Command, name: string): Command {
  return command
    .option('--out <dir>', `where the data set goes (default: .diptych/data/${name})`)
    .option(
      '--validation <share>',
      'images to hold out: a share (0.05) or a number (500)',
      shareOrCount,
    )
    .option(
      '--image-size <pixels>',
      `side of an image (default: ${defaults.imageSize})`,
      wholeNumber(1),
    )
    .option('--for <model>', 'model (folder or hub id) whose size and resizing are used')
    .option('--json', 'print the result as JSON');
}

/** @param place - the folder that names the data set */
function common(place: string, options: CommonOptions) {
  const { imageSize, validation, for: forModel } = options;
  const out = options.out ?? `.diptych/data/${basename(resolve(place))}`;
  return { out, imageSize, validation, forModel };
}

interface PictogramOptions {
  readonly out?: string;
  readonly imageSize: number;
  readonly json?: boolean;
  readonly all?: boolean;
  readonly variants?: boolean;
  readonly sets?: readonly string[];
}
interface CommonOptions {
  readonly out?: string;
  readonly imageSize?: number;
  readonly validation?: number;
  readonly for?: string;
  readonly json?: boolean;
}
interface FolderOptions extends CommonOptions, ColumnFlags {
  readonly captions?: string;
  readonly separator?: string;
  readonly encoding?: string;
  readonly labelsFromFolders?: boolean;
  readonly followLinks?: boolean;
}
interface CocoOptions extends CommonOptions {
  readonly images: string;
  readonly annotations: string;
  readonly encoding?: string;
  readonly followLinks?: boolean;
}
interface ShardOptions extends CommonOptions, ColumnFlags {
  readonly skipDamaged?: boolean;
}
interface TarOptions extends ShardOptions {
  readonly encoding?: string;
}
interface ParquetOptions extends ShardOptions {
  readonly images?: string;
  readonly followLinks?: boolean;
}

function defaultName({ all, sets, variants }: PictogramOptions): string {
  const name = sets?.join('+') ?? (all === true ? 'pictograms' : 'pictograms-demo');
  return variants === true ? `${name}-views` : name;
}

/** Print a summary to stderr, and to stdout the folder of the result, or the whole result as JSON. */
function show(result: PrepareResult, json: boolean | undefined): void {
  const skips = Object.entries(result.skipped).map(([code, count]) => `${count} ${code}`);
  const total = Object.values(result.skipped).reduce((sum, count) => sum + count, 0);
  const because = skips.length === 0 ? '' : ` (${skips.join(', ')})`;
  const views = result.views === undefined ? '' : ` + ${result.views} views`;
  process.stderr.write(
    `${result.unchanged ? 'Nothing to do, the inputs are unchanged' : 'Prepared'}: ` +
      `${result.inputs} inputs = ${result.prepared} prepared${views} + ${total} skipped${because}\n` +
      (total === 0
        ? ''
        : `Each skipped input with its reason: ${join(result.dir, 'report.json')}\n`),
  );
  for (const { where, reason } of result.damaged?.slice(0, 10) ?? []) {
    process.stderr.write(`  ${where}: ${reason}\n`);
  }
  process.stdout.write(`${json === true ? JSON.stringify(result, null, 2) : result.dir}\n`);
}
