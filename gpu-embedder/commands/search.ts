import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { defaults } from '../../src/config.ts';
import { DiptychError } from '../../src/errors.ts';
import { modelFlag } from '../cli/flags/models.ts';
import { wholeNumber } from '../cli/flags/numbers.ts';
import { newestVersion } from '../search/newest-version.ts';
import { modes, type Mode } from '../search/modes.ts';
import type { Match } from '../search/search-version.ts';

interface SearchFlags {
  readonly index: string;
  readonly model: string;
  readonly image?: string;
  readonly limit: number;
  readonly mode?: Mode;
  readonly json?: boolean;
}

export function registerSearch(program: Command): void {
  program
    .command('search')
    .description('search a local index version by text or image')
    .argument('[query]', 'words, in any language of the captions')
    .option('--index <dir>', 'a version, or a folder whose newest is taken', '.diptych/index')
    .addOption(modelFlag())
    .option('--image <file>', 'find images like this one instead')
    .option(
      '--limit <n>',
      `number of matches, at most ${defaults.maxLimit}`,
      wholeNumber(1, defaults.maxLimit),
      defaults.limit,
    )
    .addOption(
      new Option('--mode <mode>', 'how text is matched (default: hybrid where there are captions)')
        .choices(modes)
        .conflicts('image'),
    )
    .option('--json', 'print {matches: [{id, score, title, set}], mode, index}')
    .action(search);
}

async function search(text: string | undefined, flags: SearchFlags): Promise<void> {
  const query = await readQuery(text, flags.image);
  const dir = await newestVersion(flags.index);
  // Native modules, which --help and a wrong command line need not wait for.
  const [{ loadModel }, { openVersion }, { searchVersion }] = await Promise.all([
    import('../encode/load-model.ts'),
    import('../search/open-version.ts'),
    import('../search/search-version.ts'),
  ]);
  const version = await openVersion(dir);
  const { manifest, keywords } = version;
  const byDefault = 'text' in query && keywords.groups > 0 ? 'hybrid' : 'vector';
  const mode = flags.mode ?? byDefault;
  const model = await loadModel(flags.model);
  let matches: readonly Match[];
  try {
    matches = await searchVersion(version, model, query, flags.limit, mode);
  } finally {
    await model.dispose();
  }
  const index = { collection: manifest.collection, version: manifest.version, model: model.id };
  process.stdout.write(
    flags.json
      ? `${JSON.stringify({ matches, mode, index })}\n`
      : matches.map(({ score, id, title }) => `${score.toFixed(3)}  ${id}  ${title}\n`).join(''),
  );
  if (matches.length === 0 && !flags.json) process.stderr.write('no matches\n');
}

async function readQuery(text: string | undefined, image: string | undefined) {
  if (text !== undefined && image !== undefined) {
    throw new DiptychError('invalid_option', 'expected a query or --image, got both');
  }
  if (image !== undefined) {
    const bytes = await readFile(image).catch((cause: unknown) => {
      throw new DiptychError('unreadable_image', `${image}: ${String(cause)}`, {}, { cause });
    });
    return { image: new Uint8Array(bytes) };
  }
  if (text === undefined || text.trim() === '') {
    throw new DiptychError('empty_query', 'expected words to search for, or --image FILE');
  }
  return { text };
}
