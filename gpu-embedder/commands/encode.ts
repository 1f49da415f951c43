import { InvalidArgumentError, type Command } from 'commander';
import { encodeDataset, type EncodeResult } from '../encode/encode-dataset.ts';

interface EncodeFlags {
  readonly model: string;
  readonly data: string;
  readonly collection: string;
  readonly out?: string;
  readonly batch: number;
  readonly threads?: number;
  readonly device: 'cpu' | 'webgpu' | 'cuda';
  readonly json?: boolean;
}

/** Register `encode`. */
export function registerEncode(program: Command): void {
  program
    .command('encode')
    .description('embed the images and captions of a prepared data set')
    .requiredOption('--data <dir>', 'prepared data set: .diptych/data/<name>')
    .requiredOption('--collection <name>', 'collection that the embeddings are for', collectionName)
    .option('--model <dir|id>', 'model folder, or OWNER/NAME on the hub', 'models/pictogram')
    .option('--out <dir>', 'default: .diptych/embeddings/<collection>')
    .option('--batch <n>', 'images of a batch; texts come four times as many', positive, 64)
    .option('--threads <n>', 'threads of the model (default: one per core)', positive)
    .option('--device <name>', 'cpu, webgpu or cuda', device, 'cpu')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nAn interrupted run is resumed by the same command.')
    .action(async ({ json, batch, ...options }: EncodeFlags) => {
      const result = await encodeDataset({ ...options, batchSize: batch });
      for (const { item, reason } of result.substituted) {
        process.stderr.write(`${item}: ${reason}; its prepared pixels were encoded\n`);
      }
      process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
    });
}

function summary(result: EncodeResult): string {
  const { dir, unchanged, images, captions, captionsSkipped, substituted, encoded } = result;
  if (unchanged) return `${dir}: already encoded with this model: nothing to do`;
  const own = images - substituted.length;
  const perSecond = Math.round((encoded.images + encoded.captions) / encoded.seconds);
  return [
    dir,
    `${images} images = ${own} encoded + ${substituted.length} by their prepared pixels`,
    `${captions + captionsSkipped} captions = ${captions} encoded + ${captionsSkipped} skipped (no word in them)`,
    `this run: ${encoded.images} images and ${encoded.captions} captions in ${encoded.seconds.toFixed(1)} s, ${perSecond}/s`,
  ].join('\n');
}

function positive(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError('expected a positive whole number');
}

function device(value: string): EncodeFlags['device'] {
  if (value === 'cpu' || value === 'webgpu' || value === 'cuda') return value;
  throw new InvalidArgumentError('expected cpu, webgpu or cuda');
}

/** Collections name folders, keys and URLs. */
function collectionName(value: string): string {
  if (/^[a-z0-9][a-z0-9._-]*$/.test(value)) return value;
  throw new InvalidArgumentError('expected lower-case letters, digits, ".", "_" and "-"');
}
