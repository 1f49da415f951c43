import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve, sep } from 'node:path';
import { expand } from 'brace-expansion';
import { DiptychError } from '../../../src/errors.ts';

/** One of the files that together hold a data set. */
export interface Shard {
  readonly file: string;
  /** Name among the shards: `train-000.tar`, or `train/000.tar` where folders differ. */
  readonly name: string;
  readonly size: number;
  readonly mtimeMs: number;
}

/**
 * Find shards, by name or by brace pattern: `shard-{000..010}.tar`.
 *
 * @throws DiptychError unreadable_source - a shard does not exist or is not a file
 */
export async function findShards(patterns: readonly string[]): Promise<readonly Shard[]> {
  const files: string[] = [];
  for (const pattern of patterns) {
    files.push(...((await exists(pattern)) ? [pattern] : expand(pattern)));
  }
  const paths = files.map((file) => resolve(file));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined) {
    throw new DiptychError('invalid_option', `Shard ${twice} is named more than once`);
  }
  const root = commonFolder(paths.map(dirname));
  const shards: Shard[] = [];
  for (const file of files) {
    const name = relative(root, resolve(file)).split(sep).join('/');
    const { size, mtimeMs } = await statFile(file);
    shards.push({ file, name, size, mtimeMs });
  }
  return shards;
}

/** Make an id for a part of a shard: the shard without its extension, then the part's name. */
export function nameInShard({ name }: Shard, inside: string | number): string {
  const stem = basename(name).replace(/(\.tar)?\.[^.]*$/, '');
  return [...name.split('/').slice(0, -1), stem, inside].join('/');
}

/** Make the error for a shard that cannot be read. */
export function unreadableShard({ file }: Shard, problem: string, cause?: unknown): DiptychError {
  return new DiptychError('unreadable_source', `Shard ${file}: ${problem}`, { file }, { cause });
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

async function statFile(file: string) {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const problem = cause.code === 'ENOENT' ? 'there is no such file' : cause.message;
    throw new DiptychError('unreadable_source', `Shard ${file}: ${problem}`, { file }, { cause });
  });
  if (found.isFile()) return found;
  const what = found.isDirectory()
    ? `it is a folder; name the files, ${file}/*`
    : 'it is not a file';
  throw new DiptychError('unreadable_source', `Shard ${file}: ${what}`, { file });
}

function commonFolder(folders: readonly string[]): string {
  return folders.reduce((common, folder) => {
    while (folder !== common && !folder.startsWith(common === sep ? sep : `${common}${sep}`)) {
      common = dirname(common);
    }
    return common;
  });
}
