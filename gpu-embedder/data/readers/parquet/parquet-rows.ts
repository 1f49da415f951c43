import { isUtf8 } from 'node:buffer';
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type FileMetaData,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { parseFileJson } from '../../../../src/text/exact-json.ts';
import { classNames } from './class-names.ts';
import { unreadableShard, type Shard } from '../shards.ts';

export type ParquetRow = Readonly<Record<string, unknown>>;

export interface ParquetFile {
  /** Names of the columns. */
  readonly names: readonly string[];
  readonly rows: number;
  read(columns: readonly string[]): AsyncGenerator<ParquetRow>;
}

/** Rows read at a time, where the file has an index from rows to pages. */
const sliceRows = 64;
/** Largest row group that is read as a whole, bytes. */
const maxGroupBytes = 2 ** 31;

/**
 * Open a parquet file.
 *
 * @throws DiptychError unreadable_source - also thrown while rows are read
 */
export async function openParquet(shard: Shard): Promise<ParquetFile> {
  const failed =
    (what: string) =>
    (cause: unknown): never => {
      throw unreadableShard(shard, `${what}: ${(cause as Error).message}`, cause);
    };
  const file = await asyncBufferFromFile(shard.file);
  const metadata = await parquetMetadataAsync(file).catch(failed('expected a parquet file'));
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const classes = classNames(metadata);
  return {
    names,
    rows: Number(metadata.num_rows),
    async *read(columns) {
      for (const [rowStart, rowEnd] of ranges(metadata, columns, shard)) {
        const rows = await parquetReadObjects({
          file,
          metadata,
          compressors,
          parsers: { jsonFromBytes, stringFromBytes },
          columns: [...columns],
          rowStart,
          rowEnd,
          utf8: false,
          useOffsetIndex: true,
        }).catch(failed(`rows ${rowStart} to ${rowEnd}`));
        for (const row of rows) yield withClassNames(row, classes);
      }
    },
  };
}

/** Divide the rows into ranges to read at once: slices of a row group, or the whole group. */
function* ranges(
  { row_groups }: FileMetaData,
  columns: readonly string[],
  shard: Shard,
): Generator<readonly [number, number]> {
  let start = 0;
  for (const group of row_groups) {
    const end = start + Number(group.num_rows);
    const read = group.columns.filter(({ meta_data }) =>
      columns.includes(meta_data?.path_in_schema[0] ?? ''),
    );
    const isIndexed = read.every(({ offset_index_offset }) => offset_index_offset !== undefined);
    const bytes = read.reduce(
      (sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size),
      0,
    );
    if (!isIndexed && bytes > maxGroupBytes) {
      throw unreadableShard(
        shard,
        `rows ${start} to ${end} are one row group of ${bytes} bytes; ` +
          `expected at most ${maxGroupBytes}: write it with smaller row groups`,
      );
    }
    const step = isIndexed ? sliceRows : end - start;
    for (; start < end; start += step) yield [start, Math.min(start + step, end)];
    start = end;
  }
}

/** Replace class numbers by class names; -1 and null mean that the row has no class. */
function withClassNames(
  row: ParquetRow,
  classes: ReadonlyMap<string, readonly string[]>,
): ParquetRow {
  const labels = [...classes]
    .filter(([column]) => column in row)
    .map(([column, names]) => [column, names[Number(row[column] ?? -1)]]);
  return { ...row, ...Object.fromEntries(labels) };
}

/** Decode a text; bytes that are not UTF-8 stay bytes, so that a reader can tell of them. */
function stringFromBytes(bytes: Uint8Array | undefined): string | Uint8Array | undefined {
  return bytes && isUtf8(bytes) ? Buffer.from(bytes).toString('utf8') : bytes;
}

/** Read a value of type JSON; one that cannot be read counts as missing. */
function jsonFromBytes(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && parseFileJson(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
