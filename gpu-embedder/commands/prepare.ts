import { basename, join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { defaults } from '../../src/config.ts';
import { preparePictograms } from '../dataset/pictograms/prepare-pictograms.ts';
import { prepareCoco, prepareFolder } from '../dataset/prepare-images.ts';
import type { PrepareResult } from '../dataset/prepare-result.ts';

/** Register `prepare pictograms | folder | coco`. */
export function registerPrepare(program: Command): void {
  const prepare = program
    .command('prepare')
    .description('turn pictogram sets, a folder of images or COCO json into a prepared data set');
  prepare
    .command('pictograms')
    .description('emoji and icon sets of npm packages; default: the demo, about 15,000 images')
    .option('--out <dir>', 'where the data set goes (default: .diptych/data/<choice of sets>)')
    .option('--all', 'the whole training corpus and the validation sets; installs packages')
    .option('--sets <names>', 'only these sets of corpus/sets.json, comma-separated', list)
    .option('--image-size <pixels>', 'side of an image', positive, defaults.imageSize)
    .option('--json', 'print the result as JSON')
    .action(async (options: PictogramOptions) => {
      const out = options.out ?? `.diptych/data/${defaultName(options)}`;
      show(await preparePictograms({ ...options, out }), options.json);
    });
  prepare
    .command('folder')
    .description('a folder of images and a captions file')
    .argument('<dir>', 'folder of the images')
    .requiredOption('--captions <file>', '.csv, .tsv or .jsonl; names images by path under <dir>')
    .option('--image-column <name>', 'default: image, file_name, filename, file or path')
    .option('--caption-column <name>', 'default: caption, captions, text, title or description')
    .option('--id-column <name>', 'default: id, else the path of the image')
    .option('--tags-column <name>', 'default: tags or keywords; separated by , ; or |')
    .option('--separator <text>', 'between columns (default: comma, in .tsv a tab)')
    .option('--out <dir>', 'where the data set goes (default: .diptych/data/<name of dir>)')
    .option('--image-size <pixels>', 'side of a prepared image', positive, defaults.imageSize)
    .option('--json', 'print the result as JSON')
    .action(async (images: string, options: FolderOptions) => {
      const { captions, imageSize, separator } = options;
      const columns = {
        id: options.idColumn,
        image: options.imageColumn,
        caption: options.captionColumn,
        tags: options.tagsColumn,
        separator: separator === '\\t' ? '\t' : separator,
      };
      const out = options.out ?? `.diptych/data/${basename(resolve(images))}`;
      show(await prepareFolder({ images, captions, columns, imageSize, out }), options.json);
    });
  prepare
    .command('coco')
    .description('images with COCO captions json')
    .requiredOption('--images <dir>', 'folder of the images')
    .requiredOption('--annotations <file>', 'captions json with "images" and "annotations"')
    .option('--out <dir>', 'where the data set goes (default: .diptych/data/<name of dir>)')
    .option('--image-size <pixels>', 'side of a prepared image', positive, defaults.imageSize)
    .option('--json', 'print the result as JSON')
    .action(async (options: CocoOptions) => {
      const out = options.out ?? `.diptych/data/${basename(resolve(options.images))}`;
      show(await prepareCoco({ ...options, out }), options.json);
    });
}

interface CommonOptions {
  readonly out?: string;
  readonly imageSize: number;
  readonly json?: boolean;
}
interface PictogramOptions extends CommonOptions {
  readonly all?: boolean;
  readonly sets?: readonly string[];
}
interface FolderOptions extends CommonOptions {
  readonly captions: string;
  readonly imageColumn?: string;
  readonly captionColumn?: string;
  readonly idColumn?: string;
  readonly tagsColumn?: string;
  readonly separator?: string;
}
interface CocoOptions extends CommonOptions {
  readonly images: string;
  readonly annotations: string;
}

function defaultName({ all, sets }: PictogramOptions): string {
  if (sets !== undefined) return sets.join('+');
  return all === true ? 'pictograms' : 'pictograms-demo';
}

/** Print the summary to stderr, and the result to stdout: its place, or all of it as JSON. */
function show(result: PrepareResult, json: boolean | undefined): void {
  const skips = Object.entries(result.skipped).map(([code, count]) => `${count} ${code}`);
  const total = Object.values(result.skipped).reduce((sum, count) => sum + count, 0);
  const because = skips.length === 0 ? '' : ` (${skips.join(', ')})`;
  process.stderr.write(
    `${result.unchanged ? 'Nothing to do, the inputs are unchanged' : 'Prepared'}: ` +
      `${result.inputs} inputs = ${result.prepared} prepared + ${total} skipped${because}\n` +
      (total === 0
        ? ''
        : `Each skipped input with its reason: ${join(result.dir, 'report.json')}\n`),
  );
  process.stdout.write(`${json === true ? JSON.stringify(result, null, 2) : result.dir}\n`);
}

function list(value: string): string[] {
  return value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function positive(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) {
    throw new InvalidArgumentError('expected a positive whole number');
  }
  return number;
}
