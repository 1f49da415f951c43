import { beforeAll, expect, test } from 'vitest';
import { buildGraph } from '../../gpu-embedder/index/graph/build-graph.ts';
import { openSearcher } from '../../gpu-embedder/index/version/open-searcher.ts';
import { xxh64 } from '../../gpu-embedder/index/version/xxh64.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import { createRandom, type Random } from '../../gpu-embedder/common/random.ts';
import { headerOffsets, sectionNames, vectorFormat } from '../../src/version/format.ts';
import { quantise } from '../../src/version/quantise.ts';
import { readVectorHeader } from '../../src/version/read-vector-header.ts';
import { DiptychError } from '../../src/errors.ts';
import { createSearcher } from '../../src/hnsw/searcher.ts';
import { searcherFileOffset, searcherMemoryPages } from '../../src/version/searcher-memory.ts';
import { createMemory } from '../../src/kernel/webassembly.ts';
import { writeVectorFile } from '../../src/version/write-vector-file.ts';
import type { HnswGraph } from '../../src/version/graph.ts';
import { clusteredVectors, rowsOf } from '../index/clustered-vectors.ts';

const dim = 17;
const vectors = clusteredVectors(200, dim, 1);
const unreadable = (message: string) =>
  expect.objectContaining({ code: 'index_unreadable', message });
const queries = rowsOf(clusteredVectors(3, dim, 2), dim);
let graph: HnswGraph;
let file: Uint8Array;
/** With codes. */
let coded: Uint8Array;

beforeAll(async () => {
  graph = await buildGraph(vectors, dim, { M: 4, efConstruction: 30 });
  file = writeVectorFile(graph, quantise(vectors, dim, 'int8+residual'), xxh64);
  coded = writeVectorFile(graph, quantise(vectors, dim, '1bit+int8'), xxh64);
});

test('the header says what was written, and sections are aligned', () => {
  const header = readVectorHeader(file);
  const { M, efConstruction, entryPoint, maxLevel } = graph;
  expect(header).toMatchObject({ count: 200, dim, M, efConstruction, entryPoint, maxLevel });
  for (const name of sectionNames) expect(header.sections[name].offset % 64).toBe(0);
  const { offset, bytes } = header.sections.links;
  expect(bytes).toBe(3 * graph.links.length);
  graph.links.forEach((id, i) => {
    const [low, middle, high] = file.subarray(offset + 3 * i);
    expect(low + 256 * middle + 65536 * high).toBe(id);
  });
});

test('a version without the residual plane is about half as large', () => {
  const plain = writeVectorFile(graph, quantise(vectors, dim, 'int8'), xxh64);
  const { sections } = readVectorHeader(plain);
  expect(sections.residuals).toEqual({ offset: 0, bytes: 0, checksum: 0n });
  expect(file.byteLength - plain.byteLength).toBeGreaterThan(200 * dim);
});

test.each([
  ['the header', headerOffsets.efConstruction],
  ['the header', vectorFormat.checksumOffset],
])('a flipped bit of %s is found', (what, at) => refusesFlip(file, what, at));

test.each(sectionNames)('a flipped bit of %s is found', (name) => {
  const holder = [file, coded].find((bytes) => readVectorHeader(bytes).sections[name].bytes > 0)!;
  refusesFlip(holder, name, readVectorHeader(holder).sections[name].offset);
});

test('10,000 damaged files are refused with a typed error, or answer as the sound one', () => {
  const random = createRandom(7);
  // One memory for all: a new one each costs more than the rest.
  const memory = createMemory(searcherMemoryPages(2 * file.byteLength, 200));
  const answers = (bytes: Uint8Array) => {
    new Uint8Array(memory.buffer, searcherFileOffset).set(bytes);
    const module = loadWasm('search-plain');
    const searcher = createSearcher({ module, memory, fileBytes: bytes.byteLength, dim });
    return queries.map((query) => [...searcher.search(query, 5, { efSearch: 8 }).ids]);
  };
  const sound = [file, coded].map((bytes) => ({ bytes, expected: answers(bytes) }));
  let refused = 0;
  for (let i = 0; i < 10_000; i++) {
    const { bytes, expected } = sound[i % 2];
    try {
      expect(answers(mutate(bytes, random))).toEqual(expected);
    } catch (error) {
      if (!(error instanceof DiptychError)) throw error;
      expect(error.code).toBe('index_unreadable');
      refused++;
    }
  }
  // The rest hit the padding between sections, or wrote what was there.
  expect(refused).toBeGreaterThan(9000);
}, 120_000);

test.each([0, 7, 150, 319, 320, 5000, -1])('a file cut at byte %i is refused', (end) => {
  expect(() => openSearcher(file.slice(0, end))).toThrow(
    unreadable(expect.stringMatching(/bytes: expected .* got \d+/)),
  );
});

test('another magic, version or dimension is refused with both values', () => {
  const magic = file.slice();
  magic.set(new TextEncoder().encode('PK'));
  expect(() => openSearcher(magic)).toThrow('magic: expected "DPTYVEC2", got "PKTYVEC2"');
  const version = changed(headerOffsets.formatVersion, 9);
  expect(() => openSearcher(version)).toThrow('format version: expected 2, got 9');
  expect(() => openSearcher(file, { dim: 256 })).toThrow(
    'dim: expected 256 as the model has, got 17',
  );
});

test('a section that leaves the file is refused', () => {
  const vectorsEntry =
    vectorFormat.tableOffset + vectorFormat.entryBytes * sectionNames.indexOf('vectors');
  const far = changed(vectorsEntry, 64 * 10_000);
  expect(() => openSearcher(far)).toThrow(/end of vectors: expected at most \d+, got \d+/);
  const odd = changed(vectorsEntry, 65);
  expect(() => openSearcher(odd)).toThrow('offset of vectors: expected a multiple of 64');
});

test('a link to a node that is not there is refused though the checksum is right', () => {
  const links = graph.links.slice();
  links[graph.linkStarts[5]] = 200;
  const wrong = writeVectorFile(
    { ...graph, links },
    quantise(vectors, dim, 'int8+residual'),
    xxh64,
  );
  expect(() => openSearcher(wrong)).toThrow('links of node 5: expected ids below 200');
});

function refusesFlip(bytes: Uint8Array, what: string, at: number): void {
  const broken = bytes.slice();
  broken[at] ^= 1;
  const message = `^image\\.bin: checksum of ${what}: expected [0-9a-f]+, got [0-9a-f]+$`;
  expect(() => openSearcher(broken, { name: 'image.bin' })).toThrow(
    unreadable(expect.stringMatching(new RegExp(message))),
  );
}

/** Flip bits, overwrite, cut, extend or move a part; half of the hits are in the header. */
function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const at = random.integer(random.uniform() < 0.5 ? vectorFormat.headerBytes : bytes.length);
  const copy = bytes.slice();
  switch (random.integer(5)) {
    case 0:
      copy[at] ^= 1 << random.integer(8);
      return copy;
    case 1:
      for (let i = at; i < Math.min(at + 16, copy.length); i++) copy[i] = random.integer(256);
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return Buffer.concat([copy, copy.subarray(0, at % 100)]);
    default:
      copy.copyWithin(at, random.integer(copy.length), copy.length);
      return copy;
  }
}

/** The file with one u32 changed. */
function changed(offset: number, value: number): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(offset, value, true);
  return copy;
}
