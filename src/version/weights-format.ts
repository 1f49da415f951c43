/**
 * The weights of one tower for the edge kernels, little-endian. The kernels read them in place:
 *
 *      0  "DPTW"
 *      4  u32  format version
 *      8  u32  bytes of the file, a multiple of 64
 *     12  u32  checksum of all bytes from 16 on, see checksum.ts
 *     16  u32  bytes of the header
 *     20  header: JSON, UTF-8, TowerHeader
 *      …  tensors: float32 or int8, each at a multiple of 64, zeros in between
 *
 * Matrices `NAME.weight` are int8, packed into panels of 8 columns, [columns / 8, depth, 8], in the
 * order in which the kernel reads them (src/kernel/assembly/encoder.ts). The weights of a column are
 * its int8 numbers times its `NAME.scale` [columns], float32. `token_embedding.weight` is int8
 * [tokens, width], with one scale per row. Biases, norms and positions are float32. The input of
 * `image_projection` is multiplied by `image_projection.input_scale` first.
 */
export const weightsFormat = {
  magic: 'DPTW',
  version: 2,
  alignment: 64,
  offsets: { version: 4, fileBytes: 8, checksum: 12, headerBytes: 16, header: 20 },
  /** Columns of a panel; every width of a tower is a multiple of it. */
  panel: 8,
} as const;

export interface TextTowerHeader {
  readonly tower: 'text';
  readonly embedDim: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly mlpRatio: number;
}

export interface ImageTowerHeader {
  readonly tower: 'image';
  readonly embedDim: number;
  readonly imageSize: number;
  /** Side of the pixel blocks that the stem folds into channels. */
  readonly stem: number;
  readonly channels: readonly number[];
  readonly blocks: readonly number[];
  /** Per colour: (x * rescale - mean) / std. */
  readonly rescale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export type TowerHeader = TextTowerHeader | ImageTowerHeader;

export type TensorType = 'float32' | 'int8';

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int8Array;
}

/** The place of a tensor in the file; `offset` counts bytes from the start. */
export interface TensorPlace {
  readonly type: TensorType;
  readonly shape: readonly number[];
  readonly offset: number;
}

export type StoredHeader = TowerHeader & {
  readonly tensors: Readonly<Record<string, TensorPlace>>;
};

export function align(bytes: number): number {
  return Math.ceil(bytes / weightsFormat.alignment) * weightsFormat.alignment;
}
