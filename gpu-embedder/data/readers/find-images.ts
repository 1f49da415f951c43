import { createHash } from 'node:crypto';
import { opendir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DiptychError } from '../../../src/errors.ts';
import type { Skip } from './source.ts';

const taken = 'png|apng|jpe?g|jpe|jfif|pjpe?g|webp|gif|avif|svg|tiff?';
export const imageName = new RegExp(`\\.(${taken})$`, 'i');
/** Also names of pictures in formats that are refused, so that they are counted. */
export const pictureName = new RegExp(`\\.(${taken}|heic|heif|hif|bmp|jxl|jp2)$`, 'i');

/** Files of a folder and its subfolders as `/`-separated paths, sorted. */
export interface FoundFiles {
  readonly names: readonly string[];
  /** Links to folders that were not followed. */
  readonly skipped: readonly Skip[];
}

/**
 * List the files of a folder and its subfolders whose names match.
 *
 * @param followLinks - read also the folders that links lead to, each folder once: so a link to a
 *   folder above it does no harm
 */
export async function findFiles(
  dir: string,
  wanted: RegExp,
  followLinks = false,
): Promise<FoundFiles> {
  const names: string[] = [];
  const links: string[] = [];
  const read = new Set<string>();
  const list = async (below: string): Promise<void> => {
    const folder = await realpath(join(dir, below));
    if (read.has(folder)) return;
    read.add(folder);
    // Entry by entry: a list of a whole folder would take about 300 bytes a file.
    for await (const entry of await opendir(folder, { bufferSize: 256 })) {
      const name = `${below}${entry.name}`;
      if (entry.isDirectory()) await list(`${name}/`);
      else if (entry.isSymbolicLink() && (await isFolder(join(dir, name)))) links.push(name);
      else if (wanted.test(name)) names.push(name);
    }
  };
  try {
    await list('');
    // After the folders themselves, so that a folder keeps its own name before that of a link.
    for (
      let round = followLinks ? links.splice(0) : [];
      round.length > 0;
      round = links.splice(0)
    ) {
      for (const link of round.sort()) await list(`${link}/`);
    }
  } catch (cause) {
    const message = `Images ${dir}: expected a folder: ${(cause as Error).message}`;
    throw new DiptychError('unreadable_source', message, undefined, { cause });
  }
  const skipped: Skip[] = [];
  for (const where of links.sort()) {
    // What another folder holds anyway is not left out.
    if (read.has(await realpath(join(dir, where)))) continue;
    const reason = 'a link to a folder; to follow it, give --follow-links';
    skipped.push({ where, reason, code: 'outside_folder' });
  }
  return { names: names.sort(), skipped };
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

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
