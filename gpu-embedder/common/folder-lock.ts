import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DiptychError } from '../../src/errors.ts';
import { describeHolder, withFileLock, type Holder } from './file-lock.ts';
import { namingFile } from './system-error.ts';

export interface FolderLockOptions {
  /** The command that works: `diptych index`. */
  readonly command: string;
  /** Keep the lock beside the folder, where its content is replaced or must not have other files. */
  readonly beside?: boolean;
  /** Wait until the folder is free, and tell the user so; the default is to refuse. */
  readonly wait?: boolean;
}

/**
 * Work on a folder while no other command does. A failure of the disk names the folder, unless it
 * names a file.
 *
 * @throws DiptychError folder_in_use, which names the other command
 */
export async function withFolderLock<T>(
  dir: string,
  { command, beside = false, wait = false }: FolderLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = beside ? `${resolve(dir)}.lock` : join(dir, '.lock');
  const inUse = (holder: Holder | null) => `folder ${dir} is in use by ${describeHolder(holder)}`;
  const onWait = (holder: Holder | null) => {
    if (wait) {
      process.stderr.write(`${inUse(holder)}: waiting for it\n`);
      return;
    }
    throw new DiptychError(
      'folder_in_use',
      `${inUse(holder)}: wait until it ends; if nothing runs there any more, remove ${lock}`,
      { dir, ...holder },
    );
  };
  await mkdir(dirname(lock), { recursive: true });
  const patienceMs = wait ? Infinity : 0;
  return withFileLock(lock, { command, patienceMs, onWait }, () => namingFile(dir, work));
}
