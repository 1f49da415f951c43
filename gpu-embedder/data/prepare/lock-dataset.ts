import { resolve } from 'node:path';
import { withFolderLock } from '../../common/folder-lock.ts';

/** Prepare a data set while no other command does. The lock lies beside the folder, which is replaced. */
export function lockDataset<T>(dir: string, work: () => Promise<T>): Promise<T> {
  return withFolderLock(dir, { command: 'diptych prepare', lock: `${resolve(dir)}.lock` }, work);
}
