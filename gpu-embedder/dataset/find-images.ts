import { readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DiptychError } from '../../src/errors.ts';

export const imageName = /\.(png|jpe?g|webp|gif|avif|svg|tiff?)$/i;

/** List the image files of a folder and its subfolders as `/`-separated paths, sorted. */
export const findImages = (dir: string): Promise<readonly string[]> => findFiles(dir, imageName);

/** List the files of a folder and its subfolders whose names match, as `/`-separated paths, sorted. */
export async function findFiles(dir: string, wanted: RegExp): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch(
    (cause: Error) => {
      throw new DiptychError(
        'unreadable_source',
        `Images ${dir}: expected a folder: ${cause.message}`,
        undefined,
        { cause },
      );
    },
  );
  return entries
    .filter((entry) => !entry.isDirectory() && wanted.test(entry.name))
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Tell what changes when files do: name, size and time of each. */
export async function fileStamps(
  dir: string,
  names: readonly string[],
): Promise<readonly (readonly [string, number, number])[]> {
  return Promise.all(
    names.map(async (name) => {
      const { size, mtimeMs } = await stat(resolve(dir, name)).catch(() => brokenLink);
      return [name, size, mtimeMs] as const;
    }),
  );
}

const brokenLink = { size: -1, mtimeMs: 0 };

/** Where a name leads: to a file under the folder, to nothing, or out of the folder. */
export async function locateImage(
  dir: string,
  name: string,
): Promise<{ readonly file: string } | 'missing' | 'outside'> {
  const root = await realpath(dir);
  const isUnder = (path: string): boolean => {
    const inside = relative(root, path);
    return inside !== '' && inside.split(sep)[0] !== '..' && !isAbsolute(inside);
  };
  if (isAbsolute(name) || !isUnder(join(root, name))) return 'outside';
  try {
    const file = await realpath(join(root, name));
    // A link may lead out, too.
    return isUnder(file) ? { file } : 'outside';
  } catch {
    return 'missing';
  }
}
