import type { CorpusPackages } from './corpus-packages.ts';
import type { CorpusSet } from './corpus-sets.ts';

interface IconBox {
  readonly left?: number;
  readonly top?: number;
  readonly width?: number;
  readonly height?: number;
}

/** An icon of Iconify's JSON format; absent properties are those of the set. */
interface Icon extends IconBox {
  readonly body: string;
  readonly hidden?: boolean;
}

/** Iconify's JSON format, https://iconify.design/docs/types/iconify-json.html */
export interface IconSet extends IconBox {
  readonly icons: Readonly<Record<string, Icon>>;
  /** Names by category, where the vendor has categories. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
}

/** Read an icon set from its package. */
export function readIconSet(packages: CorpusPackages, set: CorpusSet): IconSet {
  const icons = packages.json<IconBox & Pick<IconSet, 'icons'>>(set.package, 'icons.json');
  const { categories = {} } = packages.json<{
    categories?: Record<string, readonly string[]>;
  }>(set.package, 'metadata.json');
  return { ...icons, categories };
}

/**
 * Write an icon as a square SVG document, `size` x `size` pixels.
 *
 * `currentColor` becomes black, and a shape that is not square is centred.
 */
export function iconSvg(set: IconSet, name: string, size: number): string {
  const icon = set.icons[name];
  const left = icon.left ?? set.left ?? 0;
  const top = icon.top ?? set.top ?? 0;
  const width = icon.width ?? set.width ?? 16;
  const height = icon.height ?? set.height ?? 16;
  const side = Math.max(width, height);
  const x = left - (side - width) / 2;
  const y = top - (side - height) / 2;
  const body = icon.body.replaceAll('currentColor', '#000');
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ' +
    `viewBox="${x} ${y} ${side} ${side}" width="${size}" height="${size}">${body}</svg>`
  );
}
