import { addScratch } from './encoder-memory.ts';
import type { EncoderMemory, Room, TensorAddress } from './encoder-memory.ts';
import { columnsOf, findLayer, findNorm } from './layer.ts';
import type { Layer, Norm } from './layer.ts';
import { multiply, multiplyQuantised, quantise, quantisedLengths } from './product.ts';
import type { Quantised } from './product.ts';
import type { Activation, TransformerShape } from '../version/weights-format.ts';

/** The layers of a transformer over rows that lie in its memory. */
export interface Transformer {
  /** [positions, width]; the rows that the layers change. */
  readonly x: Room;
  /** [positions, width]; scratch of the layers. */
  readonly normal: Room;
  readonly quantised: Quantised;
  /** Normalise the row `row` of x, or rows from there on, into the first rows of `normal`. */
  normalise(norm: Norm, row: number, rows: number): void;
  /** Run all layers. */
  run(rows: TransformerRows): void;
}

export interface TransformerRows {
  /** Rows of x. */
  readonly count: number;
  /** Positions before the first row of x whose keys and values are in the memory `kept`. */
  readonly known: number;
  readonly kept: KeptKeys;
  /** The only row of x whose result is needed: the last layer computes no other; null: all. */
  readonly pooled: number | null;
}

/** Keys and values of each position, [layers or 1][positions][2 * width]. */
export interface KeptKeys {
  readonly room: Room;
  readonly positions: number;
}

export interface TransformerOptions {
  readonly positions: number;
  readonly causal: boolean;
}

/** Count the numbers of {@link KeptKeys}: a tower that is not causal needs them for one layer. */
export function keptLength(
  { width, depth }: TransformerShape,
  { positions, causal }: TransformerOptions,
): number {
  return (causal ? depth : 1) * positions * 2 * width;
}

/**
 * Open the layers `layers.I` of a tower (src/version/weights-format.ts). This makes earlier views of
 * the memory invalid.
 *
 * @throws DiptychError `unreadable_model`
 */
export function openTransformer(
  memory: EncoderMemory,
  address: TensorAddress,
  shape: TransformerShape,
  { positions, causal }: TransformerOptions,
): Transformer {
  const { kernel } = memory;
  const { width, depth, heads, hidden, epsilon } = shape;
  const blocks = Array.from({ length: depth }, (_, i) => openBlock(address, `layers.${i}`, shape));
  const { codes, rowScales, ...room } = addScratch(memory, {
    x: positions * width,
    normal: positions * width,
    queries: positions * width,
    scores: 4 * Math.ceil(positions / 4),
    hidden: positions * hidden,
    ...quantisedLengths([{ rows: positions, depth: Math.max(width, hidden) }]),
  });
  const quantised = { codes, rowScales };
  const rowBytes = 4 * width;
  const keyRow = 2 * rowBytes;
  const activate = activationOf(kernel, shape.activation);

  const normalise = (norm: Norm, row: number, rows: number): void => {
    const from = room.x.at + row * rowBytes;
    kernel.layerNorm(rows, width, epsilon, from, norm.scale, norm.bias, room.normal.at);
  };
  const addTo = (row: number, rows: number, from: Room, layer: Layer): void =>
    multiply(kernel, {
      layer,
      rows,
      input: { at: from.at, row: 4 * layer.depth },
      output: { at: room.x.at + row * rowBytes, row: rowBytes },
      quantised,
      accumulate: true,
    });

  /** Attention of `rows` rows from `row` on to all `known + count` positions. */
  function attend(block: Block, keysAt: number, given: TransformerRows, row: number, rows: number) {
    const { count, known } = given;
    const { queries, normal, scores } = room;
    normalise(block.ln1, 0, count);
    quantise(kernel, {
      rows: count,
      depth: width,
      input: { at: normal.at, row: rowBytes },
      quantised,
    });
    const output = { at: keysAt + known * keyRow, row: keyRow };
    multiplyQuantised(kernel, { layer: block.keysValues, rows: count, output, quantised });
    const toQueries = { layer: block.queries, rows, output: { at: queries.at, row: rowBytes } };
    if (rows === count) multiplyQuantised(kernel, { ...toQueries, quantised });
    else multiply(kernel, { ...toQueries, input: { at: normal.at + row * rowBytes }, quantised });
    // A row that is computed alone sees all positions: it is the last one of a causal tower.
    kernel.attention(
      ...([rows, known + count, width, heads, causal, queries.at, rowBytes] as const),
      ...([keysAt, keysAt + rowBytes, keyRow, scores.at, normal.at] as const),
    );
    addTo(row, rows, normal, block.out);
  }

  function feedForward({ ln2, fc1, fc2 }: Block, row: number, rows: number): void {
    normalise(ln2, row, rows);
    const input = { at: room.normal.at, row: rowBytes };
    const output = { at: room.hidden.at, row: 4 * hidden };
    multiply(kernel, { layer: fc1, rows, input, output, quantised });
    activate(rows * hidden, room.hidden.at);
    addTo(row, rows, room.hidden, fc2);
  }

  return {
    x: room.x,
    normal: room.normal,
    quantised,
    normalise,
    run(given) {
      const { count, kept, pooled } = given;
      for (const [i, block] of blocks.entries()) {
        const isAlone = pooled !== null && i === depth - 1;
        const [row, rows] = isAlone ? [pooled, 1] : [0, count];
        const layer = causal ? i * kept.positions * keyRow : 0;
        attend(block, kept.room.at + layer, given, row, rows);
        feedForward(block, row, rows);
      }
    },
  };
}

interface Block {
  readonly ln1: Norm;
  readonly queries: Layer;
  readonly keysValues: Layer;
  readonly out: Layer;
  readonly ln2: Norm;
  readonly fc1: Layer;
  readonly fc2: Layer;
}

function openBlock(
  address: TensorAddress,
  name: string,
  { width, hidden }: TransformerShape,
): Block {
  const qkv = findLayer(address, `${name}.attention.qkv`, width, 3 * width);
  return {
    ln1: findNorm(address, `${name}.ln1`, width),
    queries: columnsOf(qkv, 0, width),
    keysValues: columnsOf(qkv, width, 2 * width),
    out: findLayer(address, `${name}.attention.out`, width, width),
    ln2: findNorm(address, `${name}.ln2`, width),
    fc1: findLayer(address, `${name}.mlp.fc1`, width, hidden),
    fc2: findLayer(address, `${name}.mlp.fc2`, hidden, width),
  };
}

/** The kernel's function of an activation: over `count` numbers, in place. */
export function activationOf(
  kernel: EncoderMemory['kernel'],
  activation: Activation,
): (count: number, at: number) => void {
  const functions = {
    relu: kernel.relu,
    'quick-gelu': kernel.quickGelu,
    gelu: kernel.gelu,
    'gelu-tanh': kernel.geluTanh,
  };
  return functions[activation];
}
