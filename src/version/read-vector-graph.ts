import type { HnswGraph } from './graph.ts';
import type { SectionName, VectorFileHeader } from './format.ts';

/**
 * Read the graph of a vector file back, as `writeVectorFile` took it.
 *
 * @param file - a file that was verified, as `createSearcher` does
 */
export function readVectorGraph(file: Uint8Array, header: VectorFileHeader): HnswGraph {
  const { count, M, efConstruction, entryPoint, maxLevel, sections } = header;
  const bytes = (name: SectionName) =>
    file.slice(sections[name].offset, sections[name].offset + sections[name].bytes);
  const words = (name: SectionName) => new Uint32Array(bytes(name).buffer);
  const upperNodes = words('upperNodes');
  const levels = words('upperStarts');
  const upperStarts = new Uint32Array(count + 1);
  for (let place = 0; place < upperNodes.length; place++) {
    upperStarts[upperNodes[place]! + 1] = levels[place + 1]! - levels[place]!;
  }
  for (let id = 0; id < count; id++) upperStarts[id + 1]! += upperStarts[id]!;
  const upperLinks = words('upperLinks');
  for (let row = 0; row < upperLinks.length; row += 1 + M) {
    for (let i = 1; i <= upperLinks[row]!; i++) {
      upperLinks[row + i] = upperNodes[upperLinks[row + i]!]!;
    }
  }
  return {
    ...{ count, M, efConstruction, entryPoint, maxLevel },
    ...{ linkStarts: words('linkStarts'), links: unpackIds(bytes('links')) },
    ...{ upperStarts, upperLinks },
  };
}

/** Read ids of 24 bits. */
function unpackIds(packed: Uint8Array): Uint32Array {
  const ids = new Uint32Array(packed.length / 3);
  for (let i = 0; i < ids.length; i++) {
    ids[i] = packed[3 * i]! | (packed[3 * i + 1]! << 8) | (packed[3 * i + 2]! << 16);
  }
  return ids;
}
