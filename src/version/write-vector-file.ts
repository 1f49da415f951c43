import type { HnswGraph } from './graph.ts';
import {
  alignUp,
  headerOffsets,
  sectionBytes,
  sectionNames,
  vectorFormat,
  type HeaderField,
  type SectionName,
} from './format.ts';
import type { QuantisedVectors } from './quantise.ts';

/**
 * Write a graph and its vectors as a vector file.
 *
 * @param checksum - computes XXH64, as `createSearchKernel` does
 */
export function writeVectorFile(
  graph: HnswGraph,
  quantised: QuantisedVectors,
  checksum: (bytes: Uint8Array) => bigint,
): Uint8Array {
  const { count, dim, codes, vectors, residuals } = quantised;
  const { M, efConstruction, entryPoint, maxLevel } = graph;
  const upper = packUpper(graph);
  const bytes = sectionBytes({
    count,
    dim,
    M,
    linkCount: graph.links.length,
    uppers: upper.nodes.length,
    upperRows: upper.links.length / (1 + M),
    planes: { codes: codes !== null, vectors: vectors !== null, residuals: residuals !== null },
  });
  const none = new Uint8Array();
  const data: Record<SectionName, ArrayBufferView> = {
    centre: codes?.centre ?? none,
    codeScales: codes?.scales ?? none,
    codes: codes?.bits ?? none,
    scales: vectors?.scales ?? none,
    vectors: vectors?.values ?? none,
    sums: vectors?.sums ?? none,
    residualScales: residuals?.scales ?? none,
    residuals: residuals?.values ?? none,
    linkStarts: graph.linkStarts,
    links: packIds(graph.links),
    upperNodes: upper.nodes,
    upperStarts: upper.starts,
    upperLinks: upper.links,
  };
  const fileBytes = sectionNames.reduce(
    (end, name) => alignUp(end) + bytes[name],
    vectorFormat.headerBytes as number,
  );
  const file = new Uint8Array(fileBytes);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(vectorFormat.magic));
  const { version: formatVersion } = vectorFormat;
  const header: Record<HeaderField, number> = {
    ...{ formatVersion, fileBytes, count, dim, M, efConstruction, entryPoint, maxLevel },
  };
  for (const [field, offset] of Object.entries(headerOffsets)) {
    view.setUint32(offset, header[field as HeaderField], true);
  }
  let end: number = vectorFormat.headerBytes;
  for (const [i, name] of sectionNames.entries()) {
    if (bytes[name] === 0) continue;
    const offset = alignUp(end);
    end = offset + bytes[name];
    const { buffer, byteOffset, byteLength } = data[name];
    const section = file.subarray(offset, end);
    section.set(new Uint8Array(buffer, byteOffset, byteLength));
    const at = vectorFormat.tableOffset + vectorFormat.entryBytes * i;
    view.setUint32(at, offset, true);
    view.setUint32(at + 4, bytes[name], true);
    view.setBigUint64(at + 8, checksum(section), true);
  }
  const { checksumOffset } = vectorFormat;
  view.setBigUint64(checksumOffset, checksum(file.subarray(0, checksumOffset)), true);
  return file;
}

/** Write ids with 24 bits. */
function packIds(ids: Uint32Array): Uint8Array {
  const packed = new Uint8Array(3 * ids.length);
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    packed[3 * i] = id;
    packed[3 * i + 1] = id >> 8;
    packed[3 * i + 2] = id >> 16;
  }
  return packed;
}

/**
 * Keep the few nodes that are on levels above 0. Links become positions in the list of these nodes.
 */
function packUpper({ count, M, upperStarts, upperLinks }: HnswGraph) {
  const places = new Uint32Array(count);
  const nodes: number[] = [];
  for (let id = 0; id < count; id++) {
    if (upperStarts[id + 1] === upperStarts[id]) continue;
    places[id] = nodes.length;
    nodes.push(id);
  }
  const starts = Uint32Array.from([0, ...nodes.map((id) => upperStarts[id + 1]!)]);
  const links = upperLinks.slice();
  for (let row = 0; row < links.length; row += 1 + M) {
    for (let i = 1; i <= links[row]!; i++) links[row + i] = places[links[row + i]!]!;
  }
  return { nodes: Uint32Array.from(nodes), starts, links };
}
