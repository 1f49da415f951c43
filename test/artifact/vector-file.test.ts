import { beforeAll, expect, test } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/build-graph.ts';
import { openSearcher } from '../../gpu-embedder/index/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/xxh64.ts';
import { headerOffsets, sectionNames, vectorFormat } from '../../src/artifact/format.ts';
import { quantise } from '../../src/artifact/quantise.ts';
import { readVectorHeader } from '../../src/artifact/read-vector-header.ts';
import { writeVectorFile } from '../../src/artifact/write-vector-file.ts';
import type { HnswGraph } from '../../src/hnsw/graph.ts';
import { clusteredVectors } from '../index/clustered-vectors.ts';

const dim = 17;
const vectors = clusteredVectors(200, dim, 1);
const unreadable = (message: string) =>
  expect.objectContaining({ code: 'index_unreadable', message });
let graph: HnswGraph;
let file: Uint8Array;

beforeAll(async () => {
  graph = await buildGraph(vectors, dim, { M: 4, efConstruction: 30 });
  file = writeVectorFile(graph, quantise(vectors, dim, true), xxh64);
});

test('the header says what was written, and sections are aligned', () => {
  const header = readVectorHeader(file);
  const { M, efConstruction, entryPoint, maxLevel } = graph;
  expect(header).toMatchObject({ count: 200, dim, M, efConstruction, entryPoint, maxLevel });
  for (const name of sectionNames) expect(header.sections[name].offset % 64).toBe(0);
  const { offset, bytes } = header.sections.links;
  const links = file.slice(offset, offset + bytes);
  expect(new Uint32Array(links.buffer)).toEqual(graph.links);
});

test('a version without the residual plane is about half as large', () => {
  const plain = writeVectorFile(graph, quantise(vectors, dim, false), xxh64);
  const { sections } = readVectorHeader(plain);
  expect(sections.residuals).toEqual({ offset: 0, bytes: 0 });
  expect(file.byteLength - plain.byteLength).toBeGreaterThan(200 * dim);
});

test.each([
  ['header', 40],
  ['vectors', 3000],
  ['last byte before the checksum', -9],
  ['checksum', -1],
])('a flipped bit in the %s is found', (_, at) => {
  const broken = file.slice();
  broken[at < 0 ? broken.length + at : at] ^= 1;
  expect(() => openSearcher(broken, { name: 'image.bin' })).toThrow(
    unreadable(expect.stringMatching(/^image\.bin: checksum: expected [0-9a-f]+, got [0-9a-f]+$/)),
  );
});

test.each([0, 7, 150, 199, 5000, -1])('a file cut at byte %i is refused', (end) => {
  expect(() => openSearcher(file.slice(0, end))).toThrow(
    unreadable(expect.stringMatching(/bytes: expected .* got \d+/)),
  );
});

test('another magic, version or dimension is refused with both values', () => {
  const magic = file.slice();
  magic.set(new TextEncoder().encode('PK'));
  expect(() => openSearcher(magic)).toThrow('magic: expected "DPTYVEC1", got "PKTYVEC1"');
  const version = changed(headerOffsets.formatVersion, 9);
  expect(() => openSearcher(version)).toThrow('format version: expected 1, got 9');
  expect(() => openSearcher(file, { dim: 256 })).toThrow(
    'dim: expected 256 as the model has, got 17',
  );
});

test('a section that leaves the file is refused', () => {
  const vectorsEntry = vectorFormat.tableOffset + 8 * sectionNames.indexOf('vectors');
  const far = changed(vectorsEntry, 64 * 10_000);
  expect(() => openSearcher(far)).toThrow(/end of vectors: expected at most \d+, got \d+/);
  const odd = changed(vectorsEntry, 65);
  expect(() => openSearcher(odd)).toThrow('offset of vectors: expected a multiple of 64');
});

test('a link to a node that is not there is refused though the checksum is right', () => {
  const links = graph.links.slice();
  links[graph.linkStarts[5]] = 200;
  const wrong = writeVectorFile({ ...graph, links }, quantise(vectors, dim, true), xxh64);
  expect(() => openSearcher(wrong)).toThrow('links of node 5: expected ids below 200');
});

/** The file with one u32 changed. */
function changed(offset: number, value: number): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(offset, value, true);
  return copy;
}
