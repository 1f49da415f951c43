import { mediaBoxes, type Segment } from './segments.ts';

/** Properties of the images in an AVIF file (ISO/IEC 23008-12, 6.5 and 9.3). */
export interface AvifProperties {
  /** Those of the picture that is shown, in the order in which they are applied. */
  readonly shown: readonly Segment[];
  /** Those of all images: also of its tiles, its alpha and thumbnails. */
  readonly all: readonly Segment[];
}

/**
 * Read the properties in an AVIF file.
 *
 * @throws RangeError the file ends before
 */
export function readAvifProperties(view: DataView): AvifProperties {
  // `meta` has four bytes of version and flags before its boxes.
  const meta = [...children(view, 'meta', 4)];
  const properties = meta.find(({ name }) => name === 'iprp');
  const primary = meta.find(({ name }) => name === 'pitm');
  if (!properties || !primary) return { shown: [], all: [] };
  const inside = [...mediaBoxes(view, properties)];
  const container = inside.find(({ name }) => name === 'ipco');
  const all = container ? [...mediaBoxes(view, container)] : [];
  const shown = primaryItem(view, primary);
  const places = inside
    .filter(({ name }) => name === 'ipma')
    .flatMap((associations) => propertiesOf(view, associations, shown));
  return { shown: places.flatMap((place) => all[place - 1] ?? []), all };
}

function* children(view: DataView, name: string, skip: number): Generator<Segment> {
  for (const box of mediaBoxes(view)) {
    if (box.name === name) yield* mediaBoxes(view, box, skip);
  }
}

function primaryItem(view: DataView, { start }: Segment): number {
  return view.getUint8(start) === 0 ? view.getUint16(start + 4) : view.getUint32(start + 4);
}

/** Read the places, from 1, of an item's properties among all. */
function propertiesOf(view: DataView, { start, end }: Segment, item: number): number[] {
  const [version, flags] = [view.getUint8(start), view.getUint8(start + 3)];
  const entries = view.getUint32(start + 4);
  for (let entry = 0, at = start + 8; entry < entries && at < end; entry++) {
    const id = version === 0 ? view.getUint16(at) : view.getUint32(at);
    at += version === 0 ? 2 : 4;
    const places = Array.from({ length: view.getUint8(at) }, (_, i) =>
      // The highest bit says that the property is essential.
      flags & 1 ? view.getUint16(at + 1 + 2 * i) & 0x7fff : view.getUint8(at + 1 + i) & 0x7f,
    );
    if (id === item) return places;
    at += 1 + places.length * (flags & 1 ? 2 : 1);
  }
  return [];
}
