import { createHash } from 'node:crypto';
import { opendir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';

const taken = 'png|apng|jpe?g|jpe|jfif|pjpe?g|webp|gif|avif|svg|tiff?';
export const imageName = new RegExp(`\\.(${taken})$`, 'i');
/** Also names of pictures in formats that are refused, so that they are counted. */
export const pictureName = new RegExp(`\\.(${taken}|heic|heif|hif|bmp|jxl|jp2)$`, 'i');

/** List the image files of a folder and its subfolders as `/`-separated paths, sorted. */
export const findImageFiles = (dir: string): Promise<readonly string[]> =>
  findFiles(dir, pictureName);

/** List the files of a folder and its subfolders whose names match, as `/`-separated paths, sorted. */
export async function findFiles(dir: string, wanted: RegExp): Promise<readonly string[]> {
  const found: string[] = [];
  try {
    for await (const name of walk(dir, '')) if (wanted.test(name)) found.push(name);
  } catch (cause) {
    const message = `Images ${dir}: expected a folder: ${(cause as Error).message}`;
    throw new DiptychError('unreadable_source', message, undefined, { cause });
  }
  return found.sort();
}

/** Walks entry by entry: a list of a whole folder would take about 300 bytes a file. */
async function* walk(root: string, below: string): AsyncGenerator<string> {
  for await (const entry of await opendir(join(root, below), { bufferSize: 256 })) {
    const name = `${below}${entry.name}`;
    if (entry.isDirectory()) yield* walk(root, `${name}/`);
    else yield name;
  }
}

/** Number of concurrent `stat` calls. */
const statsAtOnce = 256;

/**
 * Digest the name, size and time of each file, to detect changes without reading contents.
 *
 * @returns SHA-256, hex
 */
export async function fileStamps(dir: string, names: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (let start = 0; start < names.length; start += statsAtOnce) {
    const stamps = names.slice(start, start + statsAtOnce).map(async (name) => {
      const { size, mtimeMs } = await stat(resolve(dir, name)).catch(() => brokenLink);
      return [name, size, mtimeMs];
    });
    hash.update(JSON.stringify(await Promise.all(stamps)));
  }
  return hash.digest('hex');
}

const brokenLink = { size: -1, mtimeMs: 0 };

/** The folder that image paths are relative to. */
export interface ImageFolder {
  readonly dir: string;
  /** Resolve a path to a file in the folder, `missing`, or `outside` the folder. */
  locate(name: string): Promise<{ readonly file: string } | 'missing' | 'outside'>;
}

export async function openImageFolder(dir: string): Promise<ImageFolder> {
  const root = await realpath(dir);
  const isUnder = (path: string): boolean => {
    const inside = relative(root, path);
    return inside !== '' && inside.split(sep)[0] !== '..' && !isAbsolute(inside);
  };
  return {
    dir,
    async locate(name) {
      if (isAbsolute(name) || !isUnder(join(root, name))) return 'outside';
      try {
        const file = await realpath(join(root, name));
        // A symbolic link may point out of the folder.
        return isUnder(file) ? { file } : 'outside';
      } catch {
        return 'missing';
      }
    },
  };
}
