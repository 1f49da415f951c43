import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DiptychError } from '../../../src/errors.ts';

/**
 * Find the newest index version in the folder of a version, of a collection or of all collections.
 *
 * @throws DiptychError `not_prepared` if there is none
 */
export async function newestVersion(dir: string): Promise<string> {
  let newest: { dir: string; createdAt: string } | undefined;
  for (const candidate of await candidates(dir)) {
    const createdAt = await creationTime(candidate);
    if (createdAt !== undefined && (!newest || createdAt > newest.createdAt)) {
      newest = { dir: candidate, createdAt };
    }
  }
  if (newest !== undefined) return newest.dir;
  throw new DiptychError(
    'not_prepared',
    `${dir}: expected an index version (a folder with manifest.json), got none; make one with: diptych dev, or diptych prepare, encode and index`,
    { dir },
  );
}

/** List the folder and its subfolders, two levels down: `<collection>/<version>`. */
async function candidates(dir: string): Promise<string[]> {
  let level = [dir];
  const all = [dir];
  for (let depth = 0; depth < 2; depth++) {
    level = (await Promise.all(level.map(subfolders))).flat();
    all.push(...level);
  }
  return all;
}

async function subfolders(dir: string): Promise<string[]> {
  if (!(await stat(dir).catch(() => null))?.isDirectory()) return [];
  const entries = await readdir(dir, { withFileTypes: true });
  // A hidden folder holds a version that is not complete.
  const whole = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'));
  return whole.map(({ name }) => join(dir, name));
}

const createdSchema = z.object({ createdAt: z.string() });

/**
 * Read when a version was made; undefined for a folder without a version. A damaged manifest is older
 * than all others: it is only taken where there is no other, and whoever opens it tells the user.
 */
async function creationTime(dir: string): Promise<string | undefined> {
  const json = await readFile(join(dir, 'manifest.json'), 'utf8').catch(() => undefined);
  if (json === undefined) return undefined;
  try {
    return createdSchema.parse(JSON.parse(json)).createdAt;
  } catch {
    return '';
  }
}
