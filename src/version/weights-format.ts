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
 * Matrices `NAME.weight` are int8, packed into panels of 8 columns by 2 depths, in the order in which
 * the kernel reads them (src/kernel/assembly/product.ts): [columns / 8, ceil(depth / 2), 16], where
 * number 2 * column + k of a panel is the column's weight for the k-th of the two depths. An odd depth
 * ends with zeros. The weights of a column are its int8 numbers times its `NAME.scale` [columns],
 * float32. `token_embedding.weight` is int8 [tokens, width], with one scale per row. Biases, norms and
 * positions are float32. The input of the CNN's `image_projection` is multiplied by
 * `image_projection.input_scale` first.
 */
export const weightsFormat = {
  magic: 'DPTW',
  version: 3,
  alignment: 64,
  offsets: { version: 4, fileBytes: 8, checksum: 12, headerBytes: 16, header: 20 },
  /** Columns and depths of a panel; every number of columns is a multiple of the former. */
  panel: { columns: 8, depths: 2 },
} as const;

/** Of the hidden layer: max(0, x); x sigmoid(1.702 x); GELU by erf; GELU by tanh (arXiv:1606.08415). */
export type Activation = 'relu' | 'quick-gelu' | 'gelu' | 'gelu-tanh';

/** A pre-norm transformer: x += attention(ln1(x)); x += fc2(activation(fc1(ln2(x)))). */
export interface TransformerShape {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Numbers between `fc1` and `fc2`. */
  readonly hidden: number;
  readonly activation: Activation;
  /** Of every layer normalisation. */
  readonly epsilon: number;
}

export interface TextTowerHeader extends TransformerShape {
  readonly tower: 'text';
  readonly embedDim: number;
  readonly vocabSize: number;
  readonly contextLength: number;
  /** A token sees only those before it and itself. */
  readonly causal: boolean;
  /** The mean of the real tokens; the row of the end token; the last position after padding. */
  readonly pooling: 'mean' | 'end' | 'last';
  /** The id that fills up to `contextLength`; all positions are computed. Null: only real tokens are. */
  readonly padding: number | null;
  /** Ids put around the tokens of a text; null: none. */
  readonly start: number | null;
  readonly end: number | null;
}

/** A residual CNN (gpu-embedder/learn/model/image-tower.ts). */
export interface CnnHeader {
  readonly tower: 'image';
  readonly kind: 'cnn';
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

/** A vision transformer (arXiv:2010.11929). */
export interface VitHeader extends TransformerShape {
  readonly tower: 'image';
  readonly kind: 'vit';
  readonly embedDim: number;
  readonly imageSize: number;
  /** Side of a patch, pixels. */
  readonly patch: number;
  /** The row of the class token; attention of a learnt query over all rows, then an MLP (SigLIP). */
  readonly pooling: 'class' | 'attention';
  /** A layer normalisation stands before the first layer. */
  readonly preNorm: boolean;
  /** Per colour: (x * rescale - mean) / std. */
  readonly rescale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export type ImageTowerHeader = CnnHeader | VitHeader;

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

/** A header as it stands in a file: with the places of all tensors. */
export type Stored<Header extends TowerHeader> = Header & {
  readonly tensors: Readonly<Record<string, TensorPlace>>;
};

export type StoredHeader = Stored<TowerHeader>;

export function align(bytes: number): number {
  return Math.ceil(bytes / weightsFormat.alignment) * weightsFormat.alignment;
}
