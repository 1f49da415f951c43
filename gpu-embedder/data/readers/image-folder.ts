import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { shorten } from '../../../src/text/shorten.ts';
import type { Skip } from './source.ts';

/** The folder that image paths are relative to. */
export interface ImageFolder {
  readonly dir: string;
  /** Resolve a path to a file in the folder, or say why there is none. */
  locate(name: string): Promise<{ readonly file: string } | Omit<Skip, 'where'>>;
}

/** @param followLinks - whether a link in the folder may lead out of it */
export async function openImageFolder(dir: string, followLinks = false): Promise<ImageFolder> {
  const root = await realpath(dir);
  const isUnder = (path: string): boolean => {
    const inside = relative(root, path);
    return inside !== '' && inside.split(sep)[0] !== '..' && !isAbsolute(inside);
  };
  return {
    dir,
    async locate(name) {
      const shown = shorten(name);
      const outside = (reason: string) => ({ reason, code: 'outside_folder' });
      if (isAbsolute(name) || !isUnder(join(root, name))) {
        return outside(`${shown} lies outside ${dir}`);
      }
      try {
        const file = await realpath(join(root, name));
        if (followLinks || isUnder(file)) return { file };
        return outside(
          `${shown} is a link that leads out of ${dir}; to follow it, give --follow-links`,
        );
      } catch {
        return { reason: `there is no ${shown} in ${dir}`, code: 'caption_without_image' };
      }
    },
  };
}
