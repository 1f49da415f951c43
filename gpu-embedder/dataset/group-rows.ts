import type { CaptionEntry, CaptionRow } from './caption-source.ts';
import { openSpool } from './row-spool.ts';
import type { Said, Skip } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

/** An image with all that its rows say. */
export interface CaptionedImage extends Said {
  readonly id: string;
  readonly where: string;
  readonly image: string;
}

export interface GroupedRows {
  /** Number of images. */
  readonly images: number;
  /** Read what was left out: rows that cannot be used, then those of a second image under a taken id. */
  readSkipped(): Generator<Skip>;
  /** Read the images in the order in which they are named first. */
  readImages(): Generator<CaptionedImage>;
  close(): void;
}

/**
 * Merge rows of one image, wherever they stand. Rows wait on disk; in memory stay the ids and names
 * of images, and numbers for each row.
 *
 * @param onMention - told the image of every row, also of one that is left out
 */
export async function groupRows(
  entries: AsyncIterable<CaptionEntry>,
  onMention: (image: string) => void,
): Promise<GroupedRows> {
  const rows = openSpool<CaptionRow>();
  const unusable = openSpool<Skip>();
  const duplicates = openSpool<Skip>();
  const close = () => [rows, unusable, duplicates].forEach((spool) => spool.close());
  const ordinals = new Map<string, number>();
  const images: ImageRows[] = [];
  /** Of each row: the next one of its image, or 0. */
  const next: number[] = [];

  function addRow(row: CaptionRow): void {
    const image = withoutDot(row.image);
    const id = urlSafeId(row.id ?? image);
    const known = images[ordinals.get(id) ?? -1] as ImageRows | undefined;
    if (known !== undefined && known.image !== image) {
      const reason = `id ${id} is taken by ${known.image} (${rows.at(known.first).where})`;
      duplicates.add({ where: row.where, reason, code: 'duplicate_id' });
      return;
    }
    const number = rows.length;
    rows.add(row);
    next.push(0);
    if (known === undefined) {
      ordinals.set(id, images.length);
      // An id that is the name is kept once.
      images.push({ image: id === image ? id : image, first: number, last: number });
    } else {
      next[known.last] = number;
      known.last = number;
    }
  }

  function* rowsOf({ first }: ImageRows): Generator<CaptionRow> {
    yield rows.at(first);
    for (let number = next[first]; number !== 0; number = next[number]) yield rows.at(number);
  }

  try {
    for await (const entry of entries) {
      if (entry.image !== undefined) onMention(withoutDot(entry.image));
      if ('code' in entry) {
        const { where, reason, code } = entry;
        unusable.add({ where, reason, code });
      } else addRow(entry);
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    images: images.length,
    *readSkipped() {
      yield* unusable.rows();
      yield* duplicates.rows();
    },
    *readImages() {
      for (const one of images) yield merged([...rowsOf(one)], one.image);
    },
    close,
  };
}

/** An image, and its first and last row. */
interface ImageRows {
  readonly image: string;
  readonly first: number;
  last: number;
}

/** What an earlier row says goes before what a later one does; captions and tags add up. */
function merged(rows: readonly CaptionRow[], image: string): CaptionedImage {
  const said = rows.reduceRight((later, row) => ({ ...later, ...row }));
  return {
    ...said,
    id: urlSafeId(rows[0].id ?? image),
    image,
    captions: distinct(rows.flatMap(({ captions }) => captions)),
    tags: distinct(rows.flatMap(({ tags }) => tags)),
  };
}

const withoutDot = (name: string): string => name.replace(/^\.\//, '');

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
