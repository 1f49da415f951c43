import { DiptychError, type ErrorCode } from '../../src/errors.ts';

/** An error of the operating system, as Node throws it. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly dest?: string;
}

const again = 'then run the same command again';
const full = `free some space or name a folder on another disk, ${again}`;
const readOnly = 'name a folder that may be written to';
const files = `allow more open files (ulimit -n), ${again}`;

/** What a user can do about an error, and the code of the error that tells so. */
const advice: Readonly<Record<string, readonly [code: ErrorCode, toDo: string]>> = {
  ENOSPC: ['write_failed', full],
  EDQUOT: ['write_failed', full],
  EFBIG: ['write_failed', 'the file system takes no file of this size: name a folder on another'],
  EROFS: ['write_failed', readOnly],
  EIO: ['file_failed', 'the disk failed: look at the log of the system'],
  EACCES: ['file_failed', 'check who may read and write it'],
  EPERM: ['file_failed', 'check who may read and write it'],
  EMFILE: ['file_failed', files],
  ENFILE: ['file_failed', files],
  ENOENT: ['file_failed', 'check the name; a file that a stage wrote may have been removed since'],
  EISDIR: ['file_failed', 'name a file, not a folder'],
  ENOTDIR: ['file_failed', 'a part of the path is a file: name a folder'],
  EEXIST: ['file_failed', 'there is a file of this name: choose another'],
  ENOTEMPTY: ['file_failed', `another program wrote into the folder meanwhile: end it, ${again}`],
  EBUSY: ['file_failed', `another program uses it: end it, ${again}`],
  ENAMETOOLONG: ['file_failed', 'choose a shorter name'],
  ELOOP: ['file_failed', 'the link leads to itself: name the file itself'],
  ENOMEM: ['file_failed', `free some memory, ${again}`],
};

/**
 * Turn an error of the operating system about a file into one that says what to do. Errors about
 * anything else, such as a connection, have other codes and give null.
 */
export function explainSystemError(error: unknown): DiptychError | null {
  if (!isSystemError(error)) return null;
  const [code, toDo] = advice[error.code] ?? [];
  if (code === undefined) return null;
  const { path, dest, syscall, message } = error;
  const what = message.replace(/, \w+( '.*)?$/s, '');
  const where = path === undefined ? '' : `${dest === undefined ? path : `${path} -> ${dest}`}: `;
  return new DiptychError(
    code,
    `${where}${what} (${syscall}): ${toDo}`,
    { path },
    { cause: error },
  );
}

/** Do some work with a file. An error of the operating system that names no file gets its name. */
export async function namingFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isSystemError(error) && error.path === undefined) Object.assign(error, { path });
    throw error;
  }
}

/** Tell whether an error is about a file; one about a connection or a process says so. */
function isSystemError(error: unknown): error is SystemError {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) return false;
  return !['address', 'hostname', 'spawnargs'].some((field) => field in error);
}
