import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { DiptychError } from '../../src/errors.ts';
import { isAlive } from './is-alive.ts';
import { namingFile } from './system-error.ts';

/** Waits between two looks at a lock of somebody else, milliseconds; they grow. */
const firstWaitMs = 3;
const longestWaitMs = 50;
/** A lock that is still not readable after this time was left by a process that died meanwhile. */
const writingMs = 2000;

const holderSchema = z.object({
  command: z.string(),
  pid: z.int().positive(),
  host: z.string(),
  since: z.iso.datetime(),
});

/** Who holds a lock; the file of the lock says so. */
export type Holder = z.infer<typeof holderSchema>;

export interface LockOptions {
  /** What the holder does; another process that meets the lock tells its user. */
  readonly command: string;
  /** How long to wait for another holder, milliseconds. Writing an object takes far less time. */
  readonly patienceMs?: number;
  /** Called once, if somebody else holds the lock. */
  readonly onWait?: (holder: Holder | null) => void;
}

/** The locks that this process holds. */
const held = new Set<string>();

process.on('exit', () => {
  for (const lock of held) rmSync(lock, { force: true });
});

/**
 * Do some work while nobody else does it. The lock of a process that was killed on this machine is
 * taken over.
 *
 * @param lock - the file of the lock; its folder exists
 * @throws DiptychError folder_in_use if another process does not release it in time
 */
export async function withFileLock<T>(
  lock: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  await acquire(lock, options);
  held.add(lock);
  try {
    return await work();
  } finally {
    held.delete(lock);
    await rm(lock, { force: true });
  }
}

async function acquire(
  lock: string,
  { command, patienceMs = 30_000, onWait }: LockOptions,
): Promise<void> {
  const until = performance.now() + patienceMs;
  let waitMs = 0;
  while (!(await created(lock, command))) {
    if (await isAbandoned(lock)) {
      await removeAbandoned(lock);
      continue;
    }
    const holder = await readHolder(lock);
    if (waitMs === 0) onWait?.(holder);
    waitMs = Math.min(longestWaitMs, Math.max(firstWaitMs, 1.5 * waitMs));
    if (performance.now() >= until) throw stillLocked(lock, holder);
    await wait(waitMs);
  }
}

async function created(lock: string, command: string): Promise<boolean> {
  const since = new Date().toISOString();
  const holder: Holder = { command, pid: process.pid, host: hostname(), since };
  return unlessExists(async () => {
    const file = await open(lock, 'wx');
    try {
      await namingFile(lock, () => file.writeFile(`${JSON.stringify(holder)}\n`));
    } catch (error) {
      await rm(lock, { force: true });
      throw error;
    } finally {
      await file.close();
    }
  });
}

/** Give a file a second name. Returns false if that name exists. */
export async function linked(file: string, name: string): Promise<boolean> {
  return unlessExists(() => link(file, name));
}

async function unlessExists(work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Read who holds a lock; null if the file is gone, or is not complete yet. */
async function readHolder(lock: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(lock, 'utf8')));
  } catch {
    return null;
  }
}

async function isAbandoned(lock: string): Promise<boolean> {
  const holder = await readHolder(lock);
  if (holder === null) {
    const found = await stat(lock).catch(() => null);
    return found !== null && Date.now() - found.mtimeMs > writingMs;
  }
  // Nobody can tell from here whether a process of another machine is alive.
  if (holder.host !== hostname()) return false;
  // In a container, every start has the same number: the lock of the start before is abandoned.
  return holder.pid === process.pid ? !held.has(lock) : !isAlive(holder.pid);
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

function stillLocked(lock: string, holder: Holder | null): DiptychError {
  return new DiptychError(
    'folder_in_use',
    `${lock}: expected no lock, got ${describeHolder(holder)}`,
  );
}

/** Describe a holder: "`diptych index` (process 123, since 22:40:01)". */
export function describeHolder(holder: Holder | null): string {
  if (holder === null) return 'another process';
  const { command, pid, host, since } = holder;
  const at = new Date(since);
  const isToday = at.toDateString() === new Date().toDateString();
  const time = isToday ? at.toLocaleTimeString('en-GB') : at.toLocaleString('en-GB');
  const where = host === hostname() ? '' : ` on ${host}`;
  return `\`${command}\` (process ${pid}${where}, since ${time})`;
}
