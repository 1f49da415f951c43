import type { CaptionRow } from './caption-source.ts';
import type { Said, Skip } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

/** An image with all that its rows say. */
export interface CaptionedImage extends Said {
  readonly id: string;
  readonly where: string;
  readonly image: string;
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
    const id = urlSafeId(row.id ?? image);
    const known = byId.get(id);
    if (known !== undefined && known.image !== image) {
      const reason = `id ${id} is taken by ${known.image} (${known.where})`;
      skipped.push({ where: row.where, reason, code: 'duplicate_id' });
      continue;
    }
    byId.set(id, {
      ...row,
      ...known,
      id,
      image,
      captions: distinct([...(known?.captions ?? []), ...row.captions]),
      tags: distinct([...(known?.tags ?? []), ...row.tags]),
    });
  }
  return { images: [...byId.values()], skipped };
}

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
