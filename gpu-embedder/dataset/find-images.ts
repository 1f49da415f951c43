import { readdir, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { DiptychError } from '../../src/errors.ts';

const imageName = /\.(png|jpe?g|webp|gif|avif|svg|tiff?)$/i;

/** List the image files of a folder and its subfolders as `/`-separated paths, sorted. */
export async function findImages(dir: string): Promise<readonly string[]> {
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
    .filter((entry) => !entry.isDirectory() && imageName.test(entry.name))
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

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
