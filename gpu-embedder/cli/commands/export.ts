import { resolve } from 'node:path';
import type { Command } from 'commander';
import { collectionFlag } from '../flags/collections.ts';
import { modelFlag } from '../flags/models.ts';
import { megabytes } from '../../../src/megabytes.ts';
import { modelDir } from '../../common/model-folder/model-dir.ts';
import { progressBar } from '../../common/progress.ts';
import type { ExportStaticResult } from '../../operate/export/export-static.ts';
import { newestVersion } from '../../operate/search/newest-version.ts';

interface StaticFlags {
  readonly collection: string;
  readonly index?: string;
  readonly model: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Register `export`. */
export function registerExport(program: Command): void {
  const command = program
    .command('export')
    .description('write a site that searches in the browser, without a server');
  command
    .command('static')
    .description(
      'Write a folder that any static host serves: page, kernels, model, index and images.\n' +
        'A browser loads it once and then searches by itself: words and images that are\n' +
        'searched with never leave it.',
    )
    .argument('<dir>', 'a new or empty folder, or an earlier export, which is brought up to date')
    .addOption(collectionFlag('its newest version in .diptych/index is taken', 'pictograms'))
    .option('--index <dir>', 'take this version instead, or the newest below this folder')
    .addOption(modelFlag())
    .option('--force', 'take a folder that holds other files; none is removed or changed')
    .option('--json', 'print the result as JSON')
    .action(exportSite);
}

async function exportSite(dir: string, flags: StaticFlags): Promise<void> {
  const versionDir = await newestVersion(flags.index ?? `.diptych/index/${flags.collection}`);
  // Imported here, so that --help need not wait for the reader of ONNX files.
  const { exportStatic } = await import('../../operate/export/export-static.ts');
  const percent = progressBar('export', 100);
  const result = await exportStatic({
    dir,
    versionDir,
    modelDir: await modelDir(flags.model),
    force: flags.force,
    onProgress: (done, total) => percent.update(Math.round((100 * done) / total)),
  }).finally(() => percent.stop());
  process.stdout.write(`${flags.json ? JSON.stringify(result) : summary(result)}\n`);
}

function summary({ dir, collection, version, files, bytes }: ExportStaticResult): string {
  const { page, model, index, images, total } = bytes;
  return [
    `${dir}: ${collection} ${version}, ${files} files, ${megabytes(total)} MB`,
    `page ${megabytes(page)}, model ${megabytes(model)}, index ${megabytes(index)}, images ${megabytes(images)} MB`,
    '',
    'To look at it here, serve the folder and open http://localhost:8000',
    `  python3 -m http.server 8000 --bind 127.0.0.1 --directory ${JSON.stringify(resolve(dir))}`,
  ].join('\n');
}
