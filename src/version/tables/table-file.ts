/**
 * The byte layout of a table (`items.table`, `captions.table`). Columns are read where they lie, so
 * that the memory of a table is the size of its file.
 *
 *     0    magic                                     8 bytes; each kind of table has its own
 *     8    u32 fileBytes, count (of rows), columns, zero
 *     24   u32[columns]                              bytes of each column
 *     …    the columns, each at a multiple of 8, zeros between them
 *
 * All numbers are little-endian. A table has no checksum: the manifest has one of the whole file.
 */
import { DiptychError } from '../../errors.ts';
import { alignUp } from '../format.ts';

const lengthsOffset = 24;
const alignment = 8;
/** Lengths of columns and starts of texts have 32 bits. */
const mostBytes = 2 ** 32 - 1;

/** A kind of table: its magic and the names of its columns in their order. */
export interface TableLayout<Name extends string> {
  readonly magic: string;
  readonly columns: readonly Name[];
}

export interface TableFile<Name extends string> {
  /** The name of the file in errors. */
  readonly file: string;
  readonly count: number;
  /** The bytes of a column, not copied. */
  bytes(name: Name): Uint8Array;
  /** A column of u32, in place. @throws DiptychError index_unreadable for another length */
  u32(name: Name, length: number): Uint32Array;
  /** A column of f64, in place. @throws DiptychError index_unreadable for another length */
  f64(name: Name, length: number): Float64Array;
}

/** @throws DiptychError index_too_large where the table takes more than 4 GB */
export function writeTable<Name extends string>(
  { magic, columns }: TableLayout<Name>,
  count: number,
  content: Readonly<Record<Name, ArrayBufferView>>,
): Uint8Array<ArrayBuffer> {
  let fileBytes = lengthsOffset + 4 * columns.length;
  const offsets = columns.map((name) => {
    const offset = alignUp(fileBytes, alignment);
    fileBytes = offset + content[name].byteLength;
    return offset;
  });
  if (fileBytes > mostBytes) {
    throw new DiptychError(
      'index_too_large',
      `${magic}: expected at most ${mostBytes} bytes, got ${fileBytes}`,
    );
  }
  const table = new Uint8Array(fileBytes);
  table.set(new TextEncoder().encode(magic));
  const header = new Uint32Array([fileBytes, count, columns.length, 0]);
  const lengths = Uint32Array.from(columns, (name) => content[name].byteLength);
  const parts: [number, ArrayBufferView][] = columns.map((name, i) => [offsets[i]!, content[name]]);
  for (const [at, part] of [[8, header], [lengthsOffset, lengths], ...parts] as typeof parts) {
    table.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
  }
  return table;
}

/**
 * Read the header of a table, and check that its columns fill the file.
 *
 * @param table - the bytes of the file; copied only where they do not lie at a multiple of 8
 * @param file - the name of the file in errors
 * @throws DiptychError index_unreadable
 */
export function readTable<Name extends string>(
  { magic, columns }: TableLayout<Name>,
  table: Uint8Array,
  file: string,
): TableFile<Name> {
  const { buffer, byteOffset } = table.byteOffset % alignment === 0 ? table : table.slice();
  const { byteLength } = table;
  const headerBytes = lengthsOffset + 4 * columns.length;
  if (byteLength < headerBytes) damaged(file, 'bytes', `at least ${headerBytes}`, byteLength);
  const found = String.fromCharCode(...table.subarray(0, magic.length));
  if (found !== magic) damaged(file, 'magic', JSON.stringify(magic), JSON.stringify(found));
  const [fileBytes = 0, count = 0, columnCount] = new Uint32Array(buffer, byteOffset + 8, 3);
  if (fileBytes !== byteLength) damaged(file, 'bytes', fileBytes, byteLength);
  if (columnCount !== columns.length) damaged(file, 'columns', columns.length, columnCount);
  const lengths = new Uint32Array(buffer, byteOffset + lengthsOffset, columns.length);
  const slices = new Map<Name, Uint8Array>();
  let end = headerBytes;
  for (const [i, name] of columns.entries()) {
    const offset = alignUp(end, alignment);
    end = offset + lengths[i]!;
    if (end > byteLength) damaged(file, name, `an end within ${byteLength} bytes`, end);
    slices.set(name, new Uint8Array(buffer, byteOffset + offset, lengths[i]));
  }
  if (end !== byteLength) damaged(file, 'bytes of all columns', byteLength, end);
  const sized = (name: Name, bytes: number) => {
    const slice = slices.get(name)!;
    if (slice.byteLength !== bytes) damaged(file, `bytes of ${name}`, bytes, slice.byteLength);
    return [slice.buffer, slice.byteOffset] as const;
  };
  return {
    file,
    count,
    bytes: (name) => slices.get(name)!,
    u32: (name, length) => new Uint32Array(...sized(name, 4 * length), length),
    f64: (name, length) => new Float64Array(...sized(name, 8 * length), length),
  };
}

/** @throws DiptychError index_unreadable */
export function damaged(
  file: string,
  what: string,
  expected: string | number,
  got: string | number | undefined,
): never {
  throw new DiptychError('index_unreadable', `${file}: ${what}: expected ${expected}, got ${got}`, {
    file,
  });
}
