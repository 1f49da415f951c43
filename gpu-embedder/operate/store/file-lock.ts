import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { DiptychError } from '../../../src/errors.ts';
import { isAlive } from '../../common/is-alive.ts';

const retryMs = 3;
/** Writing an object takes far less time. */
const giveUpMs = 30_000;

/**
 * Do some work while no other process of this machine does it. A file `<path>.lock` names the process
 * that holds the lock; the lock of a killed process is removed at once.
 *
 * @throws DiptychError write_failed if another process does not release it
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`;
  const own = `${lock}.${randomUUID()}.partial`;
  await writeFile(own, String(process.pid));
  try {
    const until = performance.now() + giveUpMs;
    while (!(await linked(own, lock))) {
      if (await isAbandoned(lock)) await removeAbandoned(lock);
      else if (performance.now() < until) await wait(retryMs);
      else throw stillLocked(lock);
    }
    try {
      return await work();
    } finally {
      await rm(lock, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

/** Give a file a second name. Returns false if that name exists. */
export async function linked(file: string, name: string): Promise<boolean> {
  try {
    await link(file, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const holder = await readFile(lock, 'utf8').catch(() => null);
  return holder !== null && !isAlive(Number(holder));
}

/**
 * Remove the lock of a killed process. Another process may have done so first, and a third one may
 * hold the lock by then: the third one gets it back.
 */
async function removeAbandoned(lock: string): Promise<void> {
  const aside = `${lock}.${randomUUID()}.partial`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if (!(await isAbandoned(aside))) await linked(aside, lock);
  await rm(aside, { force: true });
}

function stillLocked(lock: string): DiptychError {
  return new DiptychError(
    'write_failed',
    `${lock}: expected the lock to be released within ${giveUpMs / 1000} s, another process holds it`,
  );
}
