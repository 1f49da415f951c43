import type { VectorFileHeader } from '../artifact/format.ts';

/** Find where a node stands among the nodes of the upper levels; -1 where it is none of them. */
export function upperPlace(view: DataView, { sections }: VectorFileHeader, node: number): number {
  const { offset, bytes } = sections.upperNodes;
  let [low, high] = [0, bytes / 4];
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = view.getUint32(offset + 4 * middle, true);
    if (found === node) return middle;
    if (found < node) low = middle + 1;
    else high = middle;
  }
  return -1;
}
