import { readFile } from 'node:fs/promises';
import { Command, CommanderError } from 'commander';
import { DiptychError } from '../src/errors.ts';
import { refuseEmptyValues } from './cli/flags/refuse-empty-values.ts';
import { Interrupted } from './cli/interrupts.ts';
import { explainSystemError } from './common/system-error.ts';
import { guardOutput } from './common/terminal.ts';

type Register = (program: Command) => void;

/** Every command, in the order data flows. A module is loaded only when its command is called. */
const commands: readonly {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Register>;
}[] = [
  {
    name: 'prepare',
    summary: 'turn a folder of images, COCO json, tar shards, parquet or icons into a data set',
    load: async () => (await import('./cli/commands/prepare.ts')).registerPrepare,
  },
  {
    name: 'train',
    summary: 'train a joint text-image embedding on a prepared data set',
    load: async () => (await import('./cli/commands/train.ts')).registerTrain,
  },
  {
    name: 'encode',
    summary: 'embed the images and captions of a prepared data set',
    load: async () => (await import('./cli/commands/encode.ts')).registerEncode,
  },
  {
    name: 'caption-corpus',
    summary: 'give pictures without captions the captions of similar pictures',
    load: async () => (await import('./cli/commands/caption-corpus.ts')).registerCaptionCorpus,
  },
  {
    name: 'index',
    summary: 'build an index version from embeddings',
    load: async () => (await import('./cli/commands/index.ts')).registerIndex,
  },
  {
    name: 'publish',
    summary: 'upload an index version, verify it and make it active',
    load: async () => (await import('./cli/commands/publish.ts')).registerPublish,
  },
  {
    name: 'migrate',
    summary: 'bring the tables of the catalogue up to date',
    load: async () => (await import('./cli/commands/migrate.ts')).registerMigrate,
  },
  {
    name: 'keys',
    summary: 'make, list and revoke API keys',
    load: async () => (await import('./cli/commands/keys.ts')).registerKeys,
  },
  {
    name: 'ingest',
    summary: 'add items to a collection of the catalogue',
    load: async () => (await import('./cli/commands/ingest.ts')).registerIngest,
  },
  {
    name: 'reindex',
    summary: 'encode the new items of a collection, build a version and make it active',
    load: async () => (await import('./cli/commands/reindex.ts')).registerReindex,
  },
  {
    name: 'verify',
    summary: 'recount catalogue, ledgers, version and storage of a collection',
    load: async () => (await import('./cli/commands/verify.ts')).registerVerify,
  },
  {
    name: 'purge',
    summary: 'remove deleted items from catalogue and storage for good',
    load: async () => (await import('./cli/commands/purge.ts')).registerPurge,
  },
  {
    name: 'versions',
    summary: 'list published versions, go back to one, remove unused ones',
    load: async () => (await import('./cli/commands/versions.ts')).registerVersions,
  },
  {
    name: 'export',
    summary: 'write a site that searches in the browser, without a server',
    load: async () => (await import('./cli/commands/export.ts')).registerExport,
  },
  {
    name: 'evaluate',
    summary: 'measure retrieval or zero-shot classification of a model',
    load: async () => (await import('./cli/commands/evaluate.ts')).registerEvaluate,
  },
  {
    name: 'search',
    summary: 'search a local index version by text or image',
    load: async () => (await import('./cli/commands/search.ts')).registerSearch,
  },
  {
    name: 'serve',
    summary: 'embed over HTTP, for re-indexing at scale',
    load: async () => (await import('./cli/commands/serve.ts')).registerServe,
  },
  {
    name: 'dev',
    summary: 'prepare, encode, index and publish the demo, then serve it locally',
    load: async () => (await import('./cli/commands/dev.ts')).registerDev,
  },
];

/**
 * Run a command line, without the names of the program in front.
 *
 * @returns the exit code: 0; 1 if the command failed; 2 if the command line is wrong; 130 or 143 if
 *   a signal stopped it
 */
export async function runCli(argv: readonly string[]): Promise<number> {
  process.exitCode = undefined;
  const stopGuarding = guardOutput();
  try {
    await (await createProgram(argv)).parseAsync(argv, { from: 'user' });
  } catch (error) {
    return report(error);
  } finally {
    stopGuarding();
  }
  // A command that stops early sets the exit code itself.
  return Number(process.exitCode ?? 0);
}

/** Register all commands. Only the one named in `argv` is loaded; the others are lines of the help. */
async function createProgram(argv: readonly string[]): Promise<Command> {
  const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const program = new Command('diptych')
    .description('Serverless text-image search: train, index and search a joint embedding.')
    .version(version)
    .helpCommand(true)
    .showHelpAfterError('(--help lists what is accepted)')
    .exitOverride();
  refuseEmptyValues(program);
  const operands = argv.filter((argument) => !argument.startsWith('-'));
  const wanted = operands[0] === 'help' ? operands[1] : operands[0];
  for (const { name, summary, load } of commands) {
    if (name === wanted) (await load())(program);
    else program.command(name).description(summary);
  }
  return program;
}

/**
 * Print a failure and return its exit code: 2 for a wrong command line, 130 or 143 after a signal
 * (the user was already told), 1 for anything else.
 */
function report(error: unknown): number {
  if (error instanceof Interrupted) return error.exitCode;
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = error instanceof DiptychError ? error : explainSystemError(error);
  if (known) {
    process.stderr.write(`error[${known.code}]: ${known.message}\n`);
    return 1;
  }
  // Nobody foresaw this error: the stack helps more than a short message.
  process.stderr.write(
    `error[internal]: ${error instanceof Error ? error.stack : String(error)}\n`,
  );
  return 1;
}
