import type { Command } from 'commander';
import type { Device } from '../../common/devices.ts';
import { collectionFlag } from '../flags/collections.ts';
import { deviceFlag, modelFlag } from '../flags/models.ts';
import { wholeNumber } from '../flags/numbers.ts';
import { oneLine } from '../../common/terminal.ts';
import { encodeDataset, type EncodeResult } from '../../embed/encode-dataset.ts';

interface EncodeFlags {
  readonly model: string;
  readonly data: string;
  readonly collection: string;
  readonly out?: string;
  readonly batch: number;
  readonly threads?: number;
  readonly device: Device;
  readonly json?: boolean;
}

/** Register `encode`. */
export function registerEncode(program: Command): void {
  program
    .command('encode')
    .description('embed the images and captions of a prepared data set')
    .requiredOption('--data <dir>', 'prepared data set: .diptych/data/<name>')
    .addOption(collectionFlag('collection that the embeddings are for'))
    .addOption(modelFlag())
    .option('--out <dir>', 'folder of the result (default: .diptych/embeddings/<collection>)')
    .option('--batch <n>', 'images in a batch; of texts, four times as many', wholeNumber(1), 64)
    .option('--threads <n>', 'threads of the model (default: one per core)', wholeNumber(1))
    .addOption(deviceFlag())
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nRun the same command again to continue an interrupted run.')
    .action(async ({ json, batch, ...options }: EncodeFlags) => {
      const result = await encodeDataset({ ...options, batchSize: batch });
      for (const { item, reason } of result.substituted) {
        process.stderr.write(
          `${oneLine(`${item}: ${reason}`)}; its prepared pixels were encoded\n`,
        );
      }
      for (const { kind, name, reason } of result.failed) {
        const what = kind === 'image' ? name : `caption ${JSON.stringify(name)}`;
        process.stderr.write(`${what}: ${reason}; it is left out\n`);
      }
      process.stdout.write(`${json ? JSON.stringify(result) : summary(result)}\n`);
    });
}

function summary(result: EncodeResult): string {
  const { dir, unchanged, images, captions, captionsSkipped, substituted, encoded, reused } =
    result;
  if (unchanged) return `${dir}: already encoded with this model, nothing to do`;
  const own = images - substituted.length;
  const failed = (wanted: string) => result.failed.filter(({ kind }) => kind === wanted).length;
  const [failedImages, failedCaptions] = [failed('image'), failed('caption')];
  const also = (count: number) => (count > 0 ? ` + ${count} failed` : '');
  const known = reused.captions > 0 ? `; ${reused.captions} captions were known` : '';
  const perSecond = Math.round((encoded.images + encoded.captions) / encoded.seconds);
  return [
    dir,
    `${images + failedImages} images = ${own} encoded + ${substituted.length} by their prepared pixels${also(failedImages)}`,
    `${captions + captionsSkipped + failedCaptions} captions = ${captions} encoded + ${captionsSkipped} skipped (no word in them)${also(failedCaptions)}`,
    `this run: ${encoded.images} images and ${encoded.captions} captions in ${encoded.seconds.toFixed(1)} s, ${perSecond}/s${known}`,
  ].join('\n');
}
