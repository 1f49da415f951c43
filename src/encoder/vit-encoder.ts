import { addScratch, tensorAddresses } from './encoder-memory.ts';
import type { EncoderMemory, TensorAddress } from './encoder-memory.ts';
import { findLayer, findNorm, normalised } from './layer.ts';
import { pixelLevels } from './pixel-levels.ts';
import { multiply, quantisedLengths } from './product.ts';
import { activationOf, keptLength, openTransformer } from './transformer.ts';
import type { Stored, VitHeader } from '../version/weights-format.ts';

/**
 * Open a vision transformer (arXiv:2010.11929) over one image: of CLIP, which pools the row of a class
 * token, or of SigLIP, which pools by the attention of a learnt query.
 *
 * @throws DiptychError `unreadable_model`
 */
export function openVitEncoder(
  memory: EncoderMemory,
  header: Stored<VitHeader>,
): (pixels: Uint8Array) => Float32Array {
  const { width, imageSize, patch, pooling, preNorm, epsilon, embedDim } = header;
  const { kernel } = memory;
  const address = tensorAddresses(header);
  const patches = Math.floor(imageSize / patch) ** 2;
  const classTokens = pooling === 'class' ? 1 : 0;
  const positions = patches + classTokens;
  const patchLayer = findLayer(address, 'patch_embedding', 3 * patch * patch, width);
  const classAt = classTokens === 1 ? address('class_embedding', [width]) : null;
  const positionsAt = address('position_embedding.weight', [positions, width]);
  const before = preNorm ? findNorm(address, 'pre_ln', width) : null;
  const finalNorm = findNorm(address, 'final_ln', width);

  const options = { positions, causal: false };
  const tower = openTransformer(memory, address, header, options);
  const openHead = pooling === 'class' ? openProjection : openAttentionPool;
  const head = openHead(memory, address, header, positions);
  const room = addScratch(memory, {
    patches: patches * patchLayer.depth,
    keys: keptLength(header, options),
    embedding: embedDim,
    ...quantisedLengths([{ rows: patches, depth: patchLayer.depth }]),
  });
  const { buffer } = memory.memory;
  const x = new Float32Array(buffer, tower.x.at, positions * width);
  const start = new Float32Array(buffer, positionsAt, positions * width).slice();
  if (classAt !== null) {
    new Float32Array(buffer, classAt, width).forEach((value, i) => (start[i]! += value));
  }
  const kept = { room: room.keys, positions };
  const writePixels = patchWriter(header, room.patches.values);

  return (pixels) => {
    writePixels(pixels);
    x.set(start);
    multiply(kernel, {
      layer: patchLayer,
      rows: patches,
      input: { at: room.patches.at, row: 4 * patchLayer.depth },
      output: { at: tower.x.at + classTokens * 4 * width, row: 4 * width },
      quantised: room,
      accumulate: true,
    });
    if (before) {
      kernel.layerNorm(
        positions,
        width,
        epsilon,
        tower.x.at,
        before.scale,
        before.bias,
        tower.x.at,
      );
    }
    const pooled = pooling === 'class' ? 0 : null;
    tower.run({ count: positions, known: 0, kept, pooled });
    tower.normalise(finalNorm, 0, pooled === null ? positions : 1);
    head(tower.normal.at, room.keys.at, room.embedding.at);
    return normalised(room.embedding.values);
  };
}

/** From normalised rows to an embedding; `keysAt`: room for a layer's keys and values. */
type Head = (rowsAt: number, keysAt: number, embeddingAt: number) => void;

/** The first row times a matrix. */
function openProjection(memory: EncoderMemory, address: TensorAddress, header: VitHeader): Head {
  const layer = findLayer(address, 'image_projection', header.width, header.embedDim);
  const quantised = addScratch(memory, quantisedLengths([{ rows: 1, depth: header.width }]));
  return (rowsAt, _, embeddingAt) =>
    multiply(memory.kernel, {
      layer,
      input: { at: rowsAt },
      output: { at: embeddingAt },
      quantised,
    });
}

/** Attention of one learnt query over all rows, then y + fc2(activation(fc1(ln(y)))). */
function openAttentionPool(
  memory: EncoderMemory,
  address: TensorAddress,
  header: VitHeader,
  positions: number,
): Head {
  const { width, heads, hidden, epsilon } = header;
  const { kernel } = memory;
  const queryAt = address('pool.query', [width]);
  const keysValues = findLayer(address, 'pool.kv', width, 2 * width);
  const out = findLayer(address, 'pool.out', width, width);
  const norm = findNorm(address, 'pool.ln', width);
  const fc1 = findLayer(address, 'pool.mlp.fc1', width, hidden);
  const fc2 = findLayer(address, 'pool.mlp.fc2', hidden, width);
  const room = addScratch(memory, {
    ...{ mixed: width, scores: 4 * Math.ceil(positions / 4), hidden },
    ...quantisedLengths([{ rows: positions, depth: width }, { rows: 1, depth: hidden }]), // prettier-ignore
  });
  const { mixed } = room;
  const activate = activationOf(kernel, header.activation);
  const [rowBytes, keyRow] = [4 * width, 8 * width];
  const quantised = room;
  return (rowsAt, keysAt, embeddingAt) => {
    const [input, keys] = [{ at: rowsAt, row: rowBytes }, { at: keysAt, row: keyRow }]; // prettier-ignore
    multiply(kernel, { layer: keysValues, rows: positions, input, output: keys, quantised });
    kernel.attention(
      ...([1, positions, width, heads, false, queryAt, 0] as const),
      ...([keysAt, keysAt + rowBytes, keyRow, room.scores.at, mixed.at] as const),
    );
    const output = { at: embeddingAt };
    multiply(kernel, { layer: out, input: mixed, output, quantised });
    kernel.layerNorm(1, width, epsilon, embeddingAt, norm.scale, norm.bias, mixed.at);
    multiply(kernel, { layer: fc1, input: mixed, output: room.hidden, quantised });
    activate(hidden, room.hidden.at);
    multiply(kernel, { layer: fc2, input: room.hidden, output, quantised, accumulate: true });
  };
}

/** Normalise pixels into rows of patches, each in the order colour, y, x. */
function patchWriter(header: VitHeader, rows: Float32Array): (pixels: Uint8Array) => void {
  const { imageSize, patch } = header;
  const side = Math.floor(imageSize / patch);
  const area = patch * patch;
  const levels = pixelLevels(header);
  return (pixels) => {
    for (let y = 0; y < side * patch; y++) {
      const line = Math.floor(y / patch) * side * 3 * area + (y % patch) * patch;
      for (let x = 0; x < side * patch; x++) {
        const to = line + Math.floor(x / patch) * 3 * area + (x % patch);
        const from = 3 * (y * imageSize + x);
        for (let c = 0; c < 3; c++) rows[to + c * area] = levels[c]![pixels[from + c]!]!;
      }
    }
  };
}
