import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { searchRequestSchema, type SearchRequest } from '../../../src/http/api.ts';
import { defaults } from '../../../src/config.ts';
import { DiptychError } from '../../../src/errors.ts';
import { modelFlag } from '../flags/models.ts';
import { wholeNumber } from '../flags/numbers.ts';
import type { SearchAnswer } from '../../../src/search/answer-search.ts';
import { oneLine } from '../../common/terminal.ts';
import type { DecodeImage } from '../../../src/search/query-model.ts';
import { newestVersion } from '../../operate/search/newest-version.ts';

interface SearchFlags {
  readonly index: string;
  readonly model: string;
  readonly image?: string;
  readonly id?: string;
  readonly target: SearchRequest['target'];
  readonly mode?: SearchRequest['mode'];
  readonly limit: number;
  readonly cursor?: string;
  readonly precise?: boolean;
  readonly json?: boolean;
}

export function registerSearch(program: Command): void {
  program
    .command('search')
    .description('search a local index version by text, image or item, as POST /v1/search does')
    .argument('[query]', 'words, in any language of the captions')
    .option(
      '--index <dir>',
      'a version, or a folder of which the newest version is taken',
      '.diptych/index',
    )
    .addOption(modelFlag())
    .option('--image <file>', 'search with this image instead of words')
    .option('--id <item>', 'search with this item instead of words')
    .addOption(
      new Option('--target <what>', 'what to find: images, or captions that describe the query')
        .choices(searchRequestSchema.shape.target.unwrap().options)
        .default('image'),
    )
    .option(
      '--limit <n>',
      `number of matches, at most ${defaults.maxLimit}`,
      wholeNumber(1, defaults.maxLimit),
      defaults.limit,
    )
    .option('--cursor <cursor>', 'nextCursor of an earlier page (in --json), for the next one')
    .addOption(
      new Option('--mode <mode>', 'how text is matched (default: hybrid if there are captions)')
        .choices(['hybrid', 'vector', 'keyword'] satisfies SearchRequest['mode'][])
        .conflicts(['image', 'id']),
    )
    .option('--precise', 'encode with the ONNX model instead of the int8 weights of the edge')
    .option('--json', 'print what POST /v1/search answers: {matches, mode, index, …}')
    .action(search);
}

async function search(text: string | undefined, flags: SearchFlags): Promise<void> {
  const { index, precise, json, ...asked } = flags;
  const image = await readQuery(text, asked);
  const dir = await newestVersion(index);
  // Imported here, so that --help and a wrong command line need not wait for the kernels.
  const [{ checkQuery }, { answerSearch }, { openLocalModel }, { openLocalCollection }] =
    await Promise.all([
      import('../../../src/search/resolve-query.ts'),
      import('../../../src/search/answer-search.ts'),
      import('../../operate/search/local-model.ts'),
      import('../../operate/search/open-local-collection.ts'),
    ]);
  const { id, target, mode, limit, cursor } = asked;
  const request = { text, id, target, mode, limit, cursor };
  checkQuery(request, image);
  const model = await openLocalModel(asked.model, { precise });
  try {
    const collection = await openLocalCollection(dir, model);
    const decodeImage: DecodeImage = (bytes, size) =>
      model.decodeImage(bytes, size).catch((error: unknown) => {
        throw withFileName(asked.image, error);
      });
    const answer = await answerSearch(collection, request, image, { decodeImage });
    if (json) {
      process.stdout.write(`${JSON.stringify(answer)}\n`);
    } else {
      printMatches(answer);
    }
  } finally {
    await model.dispose();
  }
}

/** Say which file an error about an image is about. */
function withFileName(file: string | undefined, error: unknown): unknown {
  if (!(error instanceof DiptychError)) return error;
  const { code, message, details } = error;
  const rest = message.replace(/^image: /, '');
  return new DiptychError(code, `${file}: ${rest}`, details, { cause: error });
}

function printMatches({ matches }: SearchAnswer): void {
  for (const { score, id, metadata } of matches) {
    process.stdout.write(`${score.toFixed(3)}  ${id}  ${oneLine(metadata.title)}\n`);
  }
  if (matches.length === 0) process.stderr.write('no matches\n');
}

/** Check that there is one query, and read it if it is an image. */
async function readQuery(
  text: string | undefined,
  { image, id }: Pick<SearchFlags, 'image' | 'id'>,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const given = Object.entries({ 'a query': text, '--image': image, '--id': id })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (given.length > 1) {
    const message = `expected a query, --image or --id, got both ${given.join(' and ')}`;
    throw new DiptychError('invalid_option', message);
  }
  if (given.length === 0 || text?.trim() === '') {
    throw new DiptychError(
      'empty_query',
      'expected words to search for, --image FILE or --id ITEM',
    );
  }
  if (image === undefined) return null;
  const bytes = await readFile(image).catch((cause: unknown) => {
    throw new DiptychError('unreadable_image', `${image}: ${String(cause)}`, {}, { cause });
  });
  return new Uint8Array(bytes);
}
