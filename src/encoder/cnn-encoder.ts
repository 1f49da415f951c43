import { DiptychError } from '../errors.ts';
import { addScratch, tensorAddresses } from './encoder-memory.ts';
import type { EncoderMemory, Room } from './encoder-memory.ts';
import { findLayer, normalised } from './layer.ts';
import type { Layer } from './layer.ts';
import { pixelLevels } from './pixel-levels.ts';
import { convolve, multiply, quantisedLengths } from './product.ts';
import type { CnnHeader, Stored } from '../version/weights-format.ts';

/**
 * Open a residual CNN (gpu-embedder/learn/model/image-tower.ts) over one image.
 *
 * @throws DiptychError `unreadable_model`
 */
export function openCnnEncoder(
  memory: EncoderMemory,
  header: Stored<CnnHeader>,
): (pixels: Uint8Array) => Float32Array {
  const { imageSize, stem: block, channels, blocks, embedDim } = header;
  const { kernel } = memory;
  const address = tensorAddresses(header);
  const layer = (name: string, depth: number, columns: number): Layer =>
    findLayer(address, name, depth, columns);

  const [stemWidth] = channels;
  const lastWidth = channels.at(-1);
  if (stemWidth === undefined || lastWidth === undefined) {
    throw new DiptychError(
      'unreadable_model',
      'image weights: channels: expected at least one stage, got none',
    );
  }
  const folded = 3 * block * block;
  const stem = layer('stem', 9 * folded, stemWidth);
  const stages = channels.map((width, i) => ({
    width,
    side: imageSize / block / 2 ** i,
    down: i === 0 ? undefined : layer(`stages.${i}.down`, 4 * channels[i - 1]!, width),
    blocks: Array.from({ length: blocks[i] ?? 0 }, (_, k) => ({
      conv1: layer(`stages.${i}.blocks.${k}.conv1`, 9 * width, width),
      conv2: layer(`stages.${i}.blocks.${k}.conv2`, 9 * width, width),
    })),
  }));
  const projection = layer('image_projection', lastWidth, embedDim);
  const inputScaleAt = address('image_projection.input_scale', [lastWidth]);

  const inputSide = imageSize / block;
  const mapLengths = stages.map(({ side, width }) => mapLength(side, width));
  const longest = Math.max(mapLength(inputSide, folded), ...mapLengths);
  const ofMap = quantisedLengths([{ rows: 1, depth: longest }]);
  const lengths: Record<RoomName, number> = {
    input: mapLength(inputSide, folded),
    pooled: lastWidth,
    embedding: embedDim,
    ...{ map: ofMap.codes, mapScale: ofMap.rowScales },
    ...quantisedLengths([
      { rows: inputSide ** 2, depth: stem.depth },
      ...stages.flatMap(({ side, down, blocks }) =>
        [...(down ? [down] : []), ...blocks.map(({ conv1 }) => conv1)].map(({ depth }) => ({
          rows: side ** 2,
          depth,
        })),
      ),
      { rows: 1, depth: lastWidth },
    ]),
  };
  for (const [i, { side, width }] of stages.entries()) {
    lengths[stageRoom('x', i)] = mapLength(side, width);
    lengths[stageRoom('hidden', i)] = mapLength(side, width);
  }
  const room = addScratch(memory, lengths);
  const quantisedMap = { codes: room.map, rowScales: room.mapScale };
  const input = featureMap(room.input, inputSide, folded);
  const placed = stages.map(({ side, width, down, blocks }, i) => ({
    down,
    blocks,
    x: featureMap(room[stageRoom('x', i)]!, side, width),
    hidden: featureMap(room[stageRoom('hidden', i)]!, side, width),
  }));
  const inputScale = new Float32Array(memory.memory.buffer, inputScaleAt, lastWidth);
  const writePixels = pixelWriter(header, input);

  /** A row for each pixel of a map, made of pieces of another one. */
  const between = (from: FeatureMap, to: FeatureMap) => ({
    map: from,
    quantisedMap,
    quantised: room,
    groups: to.side,
    rows: to.side,
    output: { at: to.origin, group: to.line, row: to.pixel },
  });

  /** Convolve 3x3, then relu: to = relu(from * layer (+ to)). */
  function convolve3x3(from: FeatureMap, layer: Layer, to: FeatureMap, add = false): void {
    convolve(kernel, {
      ...between(from, to),
      layer,
      segments: { count: 3, distance: from.line },
      input: { at: from.at, group: from.line, row: from.pixel },
      accumulate: add,
      relu: true,
    });
  }

  /** Halve the side: each output sees its block of 2x2 pixels. */
  function reduce(from: FeatureMap, layer: Layer, to: FeatureMap): void {
    convolve(kernel, {
      ...between(from, to),
      layer,
      segments: { count: 2, distance: from.line },
      input: { at: from.origin, group: 2 * from.line, row: 2 * from.pixel },
    });
  }

  return (pixels) => {
    writePixels(pixels);
    let before = input;
    for (const { down, blocks, x, hidden } of placed) {
      if (down) reduce(before, down, x);
      else convolve3x3(before, stem, x);
      for (const { conv1, conv2 } of blocks) {
        convolve3x3(x, conv1, hidden);
        convolve3x3(hidden, conv2, x, true);
      }
      before = x;
    }
    const { origin, line, side } = before;
    kernel.mean(side, side, lastWidth, origin, line, room.pooled.at);
    room.pooled.values.forEach((value, i, pooled) => (pooled[i] = value * inputScale[i]!));
    const { pooled, embedding } = room;
    multiply(kernel, { layer: projection, input: pooled, output: embedding, quantised: room });
    return normalised(embedding.values);
  };
}

type RoomName =
  'input' | 'pooled' | 'embedding' | 'codes' | 'rowScales' | 'map' | 'mapScale' | StageRoom;

/** The scratch of a stage: its feature map, and the one between the two layers of a block. */
type StageRoom = ReturnType<typeof stageRoom>;

function stageRoom(kind: 'x' | 'hidden', stage: number) {
  return `${kind}${stage}` as const;
}

/** A square map, channels last. One pixel of zeros surrounds it and is never written. */
interface FeatureMap {
  readonly side: number;
  /** Address of the first pixel of the border. */
  readonly at: number;
  /** Address of the first pixel inside the border. */
  readonly origin: number;
  /** Bytes from one line, and from one pixel, to the next. */
  readonly line: number;
  readonly pixel: number;
  readonly values: Float32Array;
}

function mapLength(side: number, channels: number): number {
  return (side + 2) ** 2 * channels;
}

function featureMap({ at, values }: Room, side: number, channels: number): FeatureMap {
  const pixel = 4 * channels;
  const line = (side + 2) * pixel;
  return { side, at, origin: at + line + pixel, line, pixel, values };
}

/** Normalise pixels into the stem's map, where a block of pixels is one pixel: (dy, dx, colour). */
function pixelWriter(
  header: CnnHeader,
  { values, side, line, pixel }: FeatureMap,
): (pixels: Uint8Array) => void {
  const { imageSize, stem: block } = header;
  const levels = pixelLevels(header);
  const run = 3 * block;
  return (pixels) => {
    let from = 0;
    for (let y = 0; y < imageSize; y++) {
      const start = (line * (1 + Math.floor(y / block)) + pixel) / 4 + (y % block) * run;
      for (let x = 0; x < side; x++) {
        const to = start + (x * pixel) / 4;
        for (let i = 0; i < run; i++) values[to + i] = levels[i % 3]![pixels[from++]!]!;
      }
    }
  };
}
