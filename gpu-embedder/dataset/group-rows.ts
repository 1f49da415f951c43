import type { CaptionRow, Skip } from './caption-row.ts';

/** An image with all its captions. */
export interface CaptionedImage {
  readonly id: string;
  readonly where: string;
  readonly image: string;
  readonly captions: readonly string[];
  readonly tags: readonly string[];
}

/** Merge rows of one image; a second image under a taken id is skipped. */
export function groupRows(rows: readonly CaptionRow[]): {
  readonly images: readonly CaptionedImage[];
  readonly skipped: readonly Skip[];
} {
  const byId = new Map<string, CaptionedImage>();
  const skipped: Skip[] = [];
  for (const row of rows) {
    const image = row.image.replace(/^\.\//, '');
    const id = urlSafe(row.id ?? image);
    const known = byId.get(id);
    if (known === undefined) {
      const { where, captions, tags } = row;
      byId.set(id, { id, where, image, captions: distinct(captions), tags: distinct(tags) });
    } else if (known.image === image) {
      byId.set(id, {
        ...known,
        captions: distinct([...known.captions, ...row.captions]),
        tags: distinct([...known.tags, ...row.tags]),
      });
    } else {
      const reason = `id ${id} is taken by ${known.image} (${known.where})`;
      skipped.push({ where: row.where, reason, code: 'duplicate_id' });
    }
  }
  return { images: [...byId.values()], skipped };
}

/** Percent-encode what a URL's path cannot hold, apart from `/` and `:`. */
function urlSafe(id: string): string {
  return encodeURIComponent(id).replaceAll('%2F', '/').replaceAll('%3A', ':');
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
