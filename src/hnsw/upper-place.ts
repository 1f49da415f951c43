import type { VectorFileHeader } from '../version/format.ts';

/** Find the position of a node among the nodes of the upper levels; -1 if it is on level 0 alone. */
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
