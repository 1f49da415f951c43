/**
 * The byte layout of a vector file (`image.bin`, `caption.bin`): an HNSW graph over int8 vectors.
 * The edge loads the whole file into WASM memory and uses every section where it lies.
 *
 *     0    magic "DPTYVEC1"                                  8 bytes
 *     8    u32 formatVersion, fileBytes, count, dim          count < 2^31
 *     24   u32 stride        dim rounded up to 64: bytes of a row, the rest is zero
 *     28   u32 M, efConstruction, entryPoint, maxLevel       M0 = 2 M
 *     44   zero to 64
 *     64   section table: 9 x {u32 offset, u32 bytes}, order of `sectionNames`; 0, 0 if absent
 *     136  zero to 192
 *     192  sections, each at a multiple of 64
 *            scales          f32[stride]          x ~ scales * vectors + residualScales * residuals
 *            residualScales  f32[stride]
 *            vectors         i8[count][stride]
 *            residuals       i8[count][stride]    read only for the candidates that are re-scored
 *            sums            i32[count]           sum of a row of `vectors`
 *            linkStarts      u32[count + 1]       level 0: links of node i are
 *            links           u32[…]                 links[linkStarts[i] .. linkStarts[i + 1]]
 *            upperStarts     u32[count + 1]       node i has rows upperStarts[i] .. upperStarts[i + 1]
 *            upperLinks      u32[rows][1 + M]       of degree and ids, for levels 1, 2, …
 *     end  u64 XXH64 of all bytes before it
 *
 * All numbers are little-endian. A residual plane is there or not, with its scales.
 */
export const vectorFormat = {
  magic: 'DPTYVEC1',
  version: 1,
  alignment: 64,
  tableOffset: 64,
  headerBytes: 192,
  checksumBytes: 8,
  /** Largest embedding length; bounds the scratch memory of a search. */
  maxDim: 4096,
  maxM: 256,
} as const;

export const sectionNames = [
  'scales',
  'residualScales',
  'vectors',
  'residuals',
  'sums',
  'linkStarts',
  'links',
  'upperStarts',
  'upperLinks',
] as const;

export type SectionName = (typeof sectionNames)[number];

/** Offset of each u32 of the header. */
export const headerOffsets = {
  formatVersion: 8,
  fileBytes: 12,
  count: 16,
  dim: 20,
  stride: 24,
  M: 28,
  efConstruction: 32,
  entryPoint: 36,
  maxLevel: 40,
} as const;

export type HeaderField = keyof typeof headerOffsets;

export interface Section {
  /** From the start of the file. */
  readonly offset: number;
  readonly bytes: number;
}

export interface VectorFileHeader extends Readonly<Record<HeaderField, number>> {
  readonly sections: Readonly<Record<SectionName, Section>>;
}

export function alignUp(bytes: number, alignment: number = vectorFormat.alignment): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** Bytes of a row of vectors. */
export function strideOf(dim: number): number {
  return alignUp(dim);
}

/**
 * Bytes of every section.
 *
 * @param linkCount - links of level 0, all nodes together
 * @param upperRows - rows of the levels above, all nodes together
 */
export function sectionBytes(shape: {
  readonly count: number;
  readonly stride: number;
  readonly M: number;
  readonly linkCount: number;
  readonly upperRows: number;
  readonly residual: boolean;
}): Record<SectionName, number> {
  const { count, stride, M, linkCount, upperRows, residual } = shape;
  return {
    scales: 4 * stride,
    residualScales: residual ? 4 * stride : 0,
    vectors: count * stride,
    residuals: residual ? count * stride : 0,
    sums: 4 * count,
    linkStarts: 4 * (count + 1),
    links: 4 * linkCount,
    upperStarts: 4 * (count + 1),
    upperLinks: 4 * upperRows * (1 + M),
  };
}
