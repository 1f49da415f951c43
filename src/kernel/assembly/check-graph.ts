import { count, linkStarts, links, M, upperLinks, upperNodes, upperStarts, word } from './layout';

/**
 * Find the first node with a link to a node that does not exist; -1 if there is none. A walk over
 * such a graph would read past its sections. The result `count` means that the table of upper nodes
 * is damaged.
 */
export function checkGraph(linkCount: u32, uppers: u32, upperRows: u32): i32 {
  if (word(linkStarts, 0) != 0 || word(linkStarts, count) != linkCount) return 0;
  for (let node: u32 = 0; node < count; node++) if (!checkNode(node, linkCount)) return node;
  if (word(upperStarts, 0) != 0 || word(upperStarts, uppers) != upperRows) return count;
  for (let place: u32 = 0; place < uppers; place++) {
    const node = word(upperNodes, place);
    if (node >= count || (place && node <= word(upperNodes, place - 1))) return count;
    if (word(upperStarts, place + 1) < word(upperStarts, place)) return count;
    if (word(upperStarts, place + 1) > upperRows) return count;
  }
  for (let place: u32 = 0; place < uppers; place++) {
    if (!checkUpper(place, uppers)) return word(upperNodes, place);
  }
  return -1;
}

function checkNode(node: u32, linkCount: u32): bool {
  const start = word(linkStarts, node);
  const end = word(linkStarts, node + 1);
  if (end < start || end > linkCount || end - start > 2 * M) return false;
  for (let i = start; i < end; i++) {
    if ((load<u32>(links + (<usize>i) * 3) & 0xffffff) >= count) return false;
  }
  return true;
}

function checkUpper(place: u32, uppers: u32): bool {
  const firstRow = word(upperStarts, place);
  const lastRow = word(upperStarts, place + 1);
  for (let row = firstRow; row < lastRow; row++) {
    const at = upperLinks + <usize>(row * (M + 1)) * 4;
    const degree = load<u32>(at);
    if (degree > M) return false;
    for (let i: u32 = 1; i <= degree; i++) {
      const neighbour = word(at, i);
      if (neighbour >= uppers) return false;
      const levels = word(upperStarts, neighbour + 1) - word(upperStarts, neighbour);
      if (levels <= row - firstRow) return false;
    }
  }
  return true;
}
