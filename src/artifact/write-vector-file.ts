import type { HnswGraph } from '../hnsw/graph.ts';
import {
  alignUp,
  headerOffsets,
  sectionBytes,
  sectionNames,
  strideOf,
  vectorFormat,
  type HeaderField,
  type SectionName,
} from './format.ts';
import type { QuantisedVectors } from './quantise.ts';

/**
 * Lay a graph and its vectors out as a vector file.
 *
 * @param checksum - XXH64 of bytes (`createSearchKernel` has one)
 */
export function writeVectorFile(
  graph: HnswGraph,
  vectors: QuantisedVectors,
  checksum: (bytes: Uint8Array) => bigint,
): Uint8Array {
  const { count, dim } = vectors;
  const { M } = graph;
  const stride = strideOf(dim);
  const bytes = sectionBytes({
    count,
    stride,
    M,
    linkCount: graph.links.length,
    upperRows: graph.upperLinks.length / (1 + M),
    residual: vectors.residuals !== null,
  });
  let end: number = vectorFormat.headerBytes;
  const offsets = {} as Record<SectionName, number>;
  for (const name of sectionNames) {
    offsets[name] = bytes[name] === 0 ? 0 : end;
    end = alignUp(end + bytes[name]);
  }
  const file = new Uint8Array(end + vectorFormat.checksumBytes);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(vectorFormat.magic));
  const header: Record<HeaderField, number> = {
    formatVersion: vectorFormat.version,
    fileBytes: file.byteLength,
    count,
    dim,
    stride,
    M,
    efConstruction: graph.efConstruction,
    entryPoint: graph.entryPoint,
    maxLevel: graph.maxLevel,
  };
  for (const [field, offset] of Object.entries(headerOffsets)) {
    view.setUint32(offset, header[field as HeaderField], true);
  }
  const data: Record<SectionName, ArrayBufferView> = {
    scales: vectors.scales,
    residualScales: vectors.residualScales ?? new Float32Array(),
    vectors: vectors.vectors,
    residuals: vectors.residuals ?? new Int8Array(),
    sums: vectors.sums,
    linkStarts: graph.linkStarts,
    links: graph.links,
    upperStarts: graph.upperStarts,
    upperLinks: graph.upperLinks,
  };
  for (const [i, name] of sectionNames.entries()) {
    const { buffer, byteOffset, byteLength } = data[name];
    view.setUint32(vectorFormat.tableOffset + 8 * i, offsets[name], true);
    view.setUint32(vectorFormat.tableOffset + 8 * i + 4, bytes[name], true);
    file.set(new Uint8Array(buffer, byteOffset, byteLength), offsets[name]);
  }
  view.setBigUint64(end, checksum(file.subarray(0, end)), true);
  return file;
}
