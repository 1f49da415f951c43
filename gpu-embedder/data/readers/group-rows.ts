import { shorten } from '../../../src/text/shorten.ts';
import type { CaptionEntry, CaptionRow } from './caption-source.ts';
import { keyTable } from './key-table.ts';
import { openSpool } from './row-spool.ts';
import type { ImageMetadata, Skip } from './source.ts';
import { urlSafeId } from './url-safe-id.ts';

/** An image with the merged metadata of all its rows. */
export interface CaptionedImage extends ImageMetadata {
  readonly id: string;
  readonly where: string;
  readonly image: string;
}

export interface GroupedRows {
  /** Number of images. */
  readonly images: number;
  /** Read the skipped rows: first the unusable ones, then rows whose id belongs to another image. */
  readSkipped(): Generator<Skip>;
  /** Read the images in the order of their first rows. */
  readImages(): Generator<CaptionedImage>;
  close(): void;
}

/** The part of an image's first row that decides whether another row is of the same image. */
interface Known {
  readonly id: string;
  readonly image: string;
  readonly where: string;
}

/** Size of the cache of first rows; others are read from disk again. */
const recentImages = 4096;

/**
 * Merge the rows of each image, which need not be adjacent. Rows are kept on disk; memory holds
 * about 60 bytes a row.
 *
 * @param onMention - called with the image of every row, also of a skipped row
 */
export async function groupRows(
  entries: AsyncIterable<CaptionEntry>,
  onMention: (image: string) => void,
): Promise<GroupedRows> {
  const rows = openSpool<CaptionRow>();
  const unusable = openSpool<Skip>();
  const duplicates = openSpool<Skip>();
  const close = () => [rows, unusable, duplicates].forEach((spool) => spool.close());
  const ids = keyTable();
  /** The first and the last row of each image. */
  const first: number[] = [];
  const last: number[] = [];
  /** The next row of the same image, for each row; 0 for none. */
  const next: number[] = [];

  const recent = new Map<number, Known>();

  function firstOf(number: number): Known {
    let known = recent.get(number);
    if (known === undefined) {
      const row = rows.at(first[number]);
      known = { id: idOf(row), image: imageOf(row), where: row.where };
      if (recent.size === recentImages) recent.clear();
      recent.set(number, known);
    }
    return known;
  }

  function addRow(row: CaptionRow): void {
    const id = idOf(row);
    let known: Known | undefined;
    const { number: image, isNew } = ids.numberOf(id, (number) => {
      known = firstOf(number);
      return known.id === id;
    });
    if (!isNew && known && known.image !== imageOf(row)) {
      const reason = `id ${shorten(id)} is taken by ${shorten(known.image)} (${known.where})`;
      duplicates.add({ where: row.where, reason, code: 'duplicate_id' });
      return;
    }
    if (isNew) first.push(rows.length);
    else next[last[image]] = rows.length;
    last[image] = rows.length;
    next.push(0);
    rows.add(row);
  }

  function* rowsFrom(start: number): Generator<CaptionRow> {
    yield rows.at(start);
    for (let number = next[start]; number !== 0; number = next[number]) yield rows.at(number);
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
    images: ids.size,
    *readSkipped() {
      yield* unusable.rows();
      yield* duplicates.rows();
    },
    *readImages() {
      for (const start of first) yield mergeRows([...rowsFrom(start)]);
    },
    close,
  };
}

/** Merge rows: for most fields the earliest row wins; captions and tags of all rows are joined. */
function mergeRows(rows: readonly CaptionRow[]): CaptionedImage {
  const metadata = rows.reduceRight((later, row) => ({ ...later, ...row }));
  return {
    ...metadata,
    id: idOf(rows[0]),
    image: imageOf(rows[0]),
    captions: distinct(rows.flatMap(({ captions }) => captions)),
    tags: distinct(rows.flatMap(({ tags }) => tags)),
  };
}

const imageOf = ({ image }: CaptionRow): string => withoutDot(image);
const idOf = (row: CaptionRow): string => urlSafeId(row.id ?? imageOf(row));
const withoutDot = (name: string): string => name.replace(/^\.\//, '');

function distinct(values: readonly string[]): readonly string[] {
  return [...new Set(values)];
}
