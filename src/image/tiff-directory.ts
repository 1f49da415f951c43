/** A number in a directory of TIFF, which is also the form of EXIF. */
export interface TiffField {
  readonly value: number;
  /** Overwrite it. */
  set(value: number): void;
}

/** Kinds of whole numbers by the type of a field: BYTE, SHORT, LONG (TIFF 6.0, section 2). */
const kinds: Readonly<Record<number, 'Uint8' | 'Uint16' | 'Uint32'>> = {
  1: 'Uint8',
  3: 'Uint16',
  4: 'Uint32',
};

/**
 * Find a number in the first directory of a TIFF header.
 *
 * @param tiff - the place of the header, which begins with the byte order
 * @returns undefined where there is no such field, or no header
 * @throws RangeError the file ends before
 */
export function findTiffField(view: DataView, tiff: number, tag: number): TiffField | undefined {
  const order = view.getUint16(tiff);
  if (order !== 0x4949 && order !== 0x4d4d) return undefined;
  const isLittle = order === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, isLittle);
  const entries = view.getUint16(directory, isLittle);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (view.getUint16(entry, isLittle) !== tag) continue;
    const at = entry + 8;
    const kind = kinds[view.getUint16(entry + 2, isLittle)];
    if (!kind) return undefined;
    return {
      value: view[`get${kind}`](at, isLittle),
      set: (value) => view[`set${kind}`](at, value, isLittle),
    };
  }
  return undefined;
}
