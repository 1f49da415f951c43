/**
 * The byte layout of a vector file (`image.bin`, `caption.bin`): an HNSW graph over quantised
 * vectors. The edge loads the whole file into WASM memory and uses every section in place.
 * docs/artifact-format.md has a drawing.
 *
 *     0    magic "DPTYVEC2"                                  8 bytes
 *     8    u32 formatVersion, fileBytes, count, dim          count < 2^24
 *     24   u32 M, efConstruction, entryPoint, maxLevel       M0 = 2 M
 *     40   zero to 64
 *     64   section table: 13 x {u32 offset, u32 bytes, u64 XXH64}, as `sectionNames`; zeros if absent
 *     272  zero to 312
 *     312  u64 XXH64 of all bytes before this field
 *     320  sections, each at a multiple of 64, zeros between them
 *            centre          f32[stride]          x ~ centre + codeScales * (+1 or -1)
 *            codeScales      f32[stride]
 *            codes           u8[count][codeStride]  one bit per dimension, lowest first: 1 for +1
 *            scales          f32[stride]          x ~ scales * vectors + residualScales * residuals
 *            vectors         i8[count][stride]
 *            sums            i32[count]           sum of a row of `vectors`
 *            residualScales  f32[stride]
 *            residuals       i8[count][stride]    read only for the candidates that are re-scored
 *            linkStarts      u32[count + 1]       level 0: links of node i are
 *            links           u24[…]                 links[linkStarts[i] .. linkStarts[i + 1]]
 *            upperNodes      u32[uppers]          nodes of the levels above 0, in rising order
 *            upperStarts     u32[uppers + 1]      rows of node u: upperStarts[u] .. upperStarts[u + 1]
 *            upperLinks      u32[rows][1 + M]     a row for each level 1, 2, …: the degree, then the
 *                                                 positions of the neighbours in `upperNodes`
 *
 * `stride` is dim rounded up to a multiple of 64, and `codeStride` is dim / 8 rounded up to a
 * multiple of 16. The rest of a row is zero. All numbers are little-endian. A file has codes,
 * vectors or both. A file with vectors may have residuals. Each of the three comes with its scales.
 * The walk reads the codes where the file has them, otherwise the vectors.
 */
export const vectorFormat = {
  magic: 'DPTYVEC2',
  version: 2,
  alignment: 64,
  tableOffset: 64,
  entryBytes: 16,
  checksumOffset: 312,
  headerBytes: 320,
  /** Largest number of dimensions. It limits the scratch memory of a search. */
  maxDim: 4096,
  maxM: 256,
  /** Ids have 24 bits. */
  maxCount: 2 ** 24,
} as const;

export const sectionNames = [
  'centre',
  'codeScales',
  'codes',
  'scales',
  'vectors',
  'sums',
  'residualScales',
  'residuals',
  'linkStarts',
  'links',
  'upperNodes',
  'upperStarts',
  'upperLinks',
] as const;

export type SectionName = (typeof sectionNames)[number];

/** Offset of each u32 field of the header. */
export const headerOffsets = {
  formatVersion: 8,
  fileBytes: 12,
  count: 16,
  dim: 20,
  M: 24,
  efConstruction: 28,
  entryPoint: 32,
  maxLevel: 36,
} as const;

export type HeaderField = keyof typeof headerOffsets;

export interface Section {
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: number;
  /** XXH64 of the bytes; 0 where there are none. */
  readonly checksum: bigint;
}

export interface VectorFileHeader extends Readonly<Record<HeaderField, number>> {
  readonly stride: number;
  readonly codeStride: number;
  readonly sections: Readonly<Record<SectionName, Section>>;
}

export function alignUp(bytes: number, alignment: number = vectorFormat.alignment): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Bytes of a row of vectors or residuals. */
export function strideOf(dim: number): number {
  return alignUp(dim);
}

/** Bytes of a row of codes. */
export function codeStrideOf(dim: number): number {
  return alignUp(dim / 8, 16);
}

export interface FileShape {
  readonly count: number;
  readonly dim: number;
  readonly M: number;
  /** Links of all nodes on level 0 together. */
  readonly linkCount: number;
  /** Nodes that are on levels above 0. */
  readonly uppers: number;
  /** Rows of these nodes: each has one for every level above 0 that it is on. */
  readonly upperRows: number;
  readonly planes: Readonly<Record<'codes' | 'vectors' | 'residuals', boolean>>;
}

/** Bytes of every section. */
export function sectionBytes(shape: FileShape): Record<SectionName, number> {
  const { count, dim, M, linkCount, uppers, upperRows, planes } = shape;
  const stride = strideOf(dim);
  return {
    centre: planes.codes ? 4 * stride : 0,
    codeScales: planes.codes ? 4 * stride : 0,
    codes: planes.codes ? count * codeStrideOf(dim) : 0,
    scales: planes.vectors ? 4 * stride : 0,
    vectors: planes.vectors ? count * stride : 0,
    sums: planes.vectors ? 4 * count : 0,
    residualScales: planes.residuals ? 4 * stride : 0,
    residuals: planes.residuals ? count * stride : 0,
    linkStarts: 4 * (count + 1),
    links: 3 * linkCount,
    upperNodes: 4 * uppers,
    upperStarts: 4 * (uppers + 1),
    upperLinks: 4 * upperRows * (1 + M),
  };
}
