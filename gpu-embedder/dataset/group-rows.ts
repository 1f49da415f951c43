import type { CaptionEntry, CaptionRow } from './caption-source.ts';
import { keyTable } from './key-table.ts';
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

/** Of the first row of an image, what tells whether another one is of it. */
interface Known {
  readonly id: string;
  readonly image: string;
  readonly where: string;
}

/** Images whose first row need not be read from disk again. */
const recentImages = 4096;

/**
 * Merge rows of one image, wherever they stand. Rows wait on disk; in memory stay some 60 bytes
 * a row.
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
  const ids = keyTable();
  /** Of each image: its first and its last row. */
  const first: number[] = [];
  const last: number[] = [];
  /** Of each row: the next one of its image, or 0. */
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
      const reason = `id ${id} is taken by ${known.image} (${known.where})`;
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
      for (const start of first) yield merged([...rowsFrom(start)]);
    },
    close,
  };
}

/** What an earlier row says goes before what a later one does; captions and tags add up. */
function merged(rows: readonly CaptionRow[]): CaptionedImage {
  const said = rows.reduceRight((later, row) => ({ ...later, ...row }));
  return {
    ...said,
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
