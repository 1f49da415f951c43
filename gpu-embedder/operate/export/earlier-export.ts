import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { siteFile, siteSchema, type Site } from '../../../src/version/site.ts';
import { DiptychError } from '../../../src/errors.ts';

/**
 * Read site.json of an earlier export, and refuse a folder with files that no export wrote.
 *
 * @param paths - paths of the files that will be written
 * @param force - accept a folder with other files, unless one of them has a path of `paths`
 * @returns null for a new or empty folder, or one without an export
 * @throws DiptychError `invalid_option`
 */
export async function earlierExport(
  dir: string,
  paths: readonly string[],
  force: boolean,
): Promise<Site | null> {
  const earlier = await readSiteFile(join(dir, siteFile));
  const foreign = paths.find((path) => !earlier?.files[path] && existsSync(join(dir, path)));
  if (foreign !== undefined) {
    throw new DiptychError(
      'invalid_option',
      `${join(dir, foreign)} is not from an earlier export and would be overwritten: move it, or name another folder`,
    );
  }
  if (earlier || force || (await isEmpty(dir))) return earlier;
  throw new DiptychError(
    'invalid_option',
    `${dir}: expected an empty folder or an earlier export, got other files; --force keeps them and writes beside them`,
  );
}

async function readSiteFile(path: string): Promise<Site | null> {
  const json = await readFile(path, 'utf8').catch(() => null);
  if (json === null) return null;
  try {
    return siteSchema.parse(JSON.parse(json));
  } catch (cause) {
    throw new DiptychError(
      'invalid_option',
      `${path}: expected the site.json of an earlier export, got another file of this name: name another folder`,
      undefined,
      { cause },
    );
  }
}

async function isEmpty(dir: string): Promise<boolean> {
  try {
    return (await readdir(dir)).length === 0;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return true;
    throw new DiptychError('invalid_option', `${dir}: expected a folder (${code})`, undefined, {
      cause: error,
    });
  }
}
