import { describe, expect, it } from 'vitest';
import { createRandom } from '../../gpu-embedder/common/random.ts';
import { loadWasm } from '../../gpu-embedder/common/wasm-modules.ts';
import { createImageEncoder } from '../../src/encoder/image-encoder.ts';
import { createTextEncoder } from '../../src/encoder/text-encoder.ts';
import type { TextTowerHeader, VitHeader } from '../../src/version/weights-format.ts';
import { randomTower } from '../support/random-tower.ts';
import { imageEmbedding, textEmbedding } from './reference-tower.ts';

const module = loadWasm('encoder');
const random = createRandom(9);
const [start, end] = [120, 121];

/** The text tower of CLIP at small, odd sizes. */
const clip: TextTowerHeader = {
  ...{ tower: 'text', embedDim: 40, vocabSize: 123, contextLength: 29, width: 72, depth: 3 },
  ...{ heads: 3, hidden: 200, activation: 'quick-gelu', epsilon: 1e-5 },
  ...{ causal: true, pooling: 'end', padding: null, start, end },
};
const siglip: TextTowerHeader = {
  ...{ ...clip, activation: 'gelu-tanh', epsilon: 1e-6, causal: false, pooling: 'last' },
  ...{ padding: 1, start: null, end: null },
};
const textTowers: Record<string, TextTowerHeader> = {
  'CLIP of OpenAI': clip,
  'CLIP with GELU': { ...clip, activation: 'gelu' },
  'MobileCLIP, which is not causal': { ...clip, activation: 'gelu', causal: false, padding: 0 },
  SigLIP: siglip,
  'one of ours': {
    ...{ ...clip, activation: 'relu', causal: false, pooling: 'mean', start: null, end: null },
  },
};

/** The ids of a text of `length` tokens, as the tokenizer of the model gives them. */
function textOf(header: TextTowerHeader, length: number): number[] {
  const words = Array.from({ length }, () => 2 + random.integer(100));
  if (header.start !== null) words[0] = header.start;
  if (header.end !== null) words[length - 1] = header.end;
  return words;
}

/** Each tower twice: with any weights, and with those that int8 holds. */
function cases<Header>(towers: Record<string, Header>): [string, Header, number, boolean][] {
  return Object.entries(towers).flatMap(([name, header]) => [
    [name, header, 0.998, false] as [string, Header, number, boolean],
    [`${name}, if int8 holds its weights,`, header, 0.99999, true],
  ]);
}

function cosine(a: ArrayLike<number>, b: readonly number[]): number {
  const dot = b.reduce((sum, value, i) => sum + value * a[i], 0);
  return dot / Math.hypot(...b) / Math.hypot(...Array.from(a));
}

describe('text towers', () => {
  for (const [name, header, cosineOver, isExact] of cases(textTowers)) {
    it(`embed as ${name} does in float64, to a cosine of ${cosineOver}`, () => {
      const { file, weights } = randomTower(header, 5, isExact);
      const encoder = createTextEncoder(module, file);
      for (const length of [2, 3, 7, 12, 29]) {
        const ids = textOf(header, length);
        const rest = new Array<number>(29 - length).fill(header.padding ?? 0);
        const all = header.padding === null ? ids : [...ids, ...rest];
        const actual = encoder.encode(ids);
        expect(cosine(actual, textEmbedding(header, weights, all))).toBeGreaterThan(cosineOver);
        expect(Math.hypot(...actual)).toBeCloseTo(1, 5);
      }
    });
  }

  it('take id 0 of CLIP for a token, and ignore what follows the end token', () => {
    const encoder = createTextEncoder(module, randomTower(clip, 5).file);
    const [plain, zero] = [encoder.encode([start, 5, end]), encoder.encode([start, 5, 0, end])];
    expect(zero).not.toEqual(plain);
    expect(encoder.encode([start, 5, end, 0, 0])).toEqual(plain);
    expect(() => encoder.encode([start, 5])).toThrow(/expected the end token 121, got 5/);
  });
});

describe('texts that begin alike', () => {
  const { file } = randomTower(clip, 6);
  const fresh = (ids: number[]): Float32Array => createTextEncoder(module, file).encode(ids);

  it('compute only what is new, with the same result', () => {
    const encoder = createTextEncoder(module, file);
    const typed = [start, 11, 12, 13, 14, 15, 16, 17];
    expect(encoder.encode([...typed, end])).toEqual(fresh([...typed, end]));
    expect(encoder.computedPositions).toBe(9);
    expect(encoder.encode([...typed, 18, end])).toEqual(fresh([...typed, 18, end]));
    expect(encoder.computedPositions).toBe(9 + 2);
    expect(encoder.encode([...typed, 18, end])).toEqual(fresh([...typed, 18, end]));
    expect(encoder.computedPositions).toBe(9 + 2 + 1);
    expect(encoder.encode([...typed.slice(0, 4), end])).toEqual(fresh([...typed.slice(0, 4), end]));
    expect(encoder.computedPositions).toBe(9 + 2 + 1 + 1);
  });

  it('keep a template while other texts come in between', () => {
    const encoder = createTextEncoder(module, file);
    const template = [start, 31, 32, 33];
    const texts = Array.from({ length: 12 }, (_, i) =>
      i % 2 ? [start, 50 + i, 60 + i, end] : [...template, 70 + i, end],
    );
    for (const ids of texts) expect(encoder.encode(ids)).toEqual(fresh(ids));
    // Three of the other texts find a start token in the memory that they take.
    expect(encoder.computedPositions).toBe(6 + 5 * 2 + (3 * 4 + 3 * 3));
  });

  it('keep nothing in a tower that is not causal', () => {
    const encoder = createTextEncoder(module, randomTower(siglip, 6).file);
    const first = encoder.encode([5, 6, 7]);
    encoder.encode([5, 6, 8]);
    expect(encoder.encode([5, 6, 7])).toEqual(first);
    expect(encoder.computedPositions).toBe(3 * 29);
  });
});

/** The image tower of CLIP at small, odd sizes; 2 pixels of each side fill no patch. */
const clipImage: VitHeader = {
  ...{ tower: 'image', kind: 'vit', embedDim: 40, imageSize: 23, patch: 7, width: 72, depth: 3 },
  ...{ heads: 3, hidden: 200, activation: 'quick-gelu', epsilon: 1e-5 },
  ...{ pooling: 'class', preNorm: true, rescale: 1 / 255, mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] }, // prettier-ignore
};
const imageTowers: Record<string, VitHeader> = {
  'CLIP of OpenAI': clipImage,
  'CLIP with GELU': { ...clipImage, activation: 'gelu' },
  SigLIP: {
    ...{ ...clipImage, activation: 'gelu-tanh', epsilon: 1e-6, pooling: 'attention' },
    ...{ preNorm: false, embedDim: 72 },
  },
};

describe('image towers', () => {
  for (const [name, header, cosineOver, isExact] of cases(imageTowers)) {
    it(`embed as ${name} does in float64, to a cosine of ${cosineOver}`, () => {
      const { file, weights } = randomTower(header, 8, isExact);
      const encoder = createImageEncoder(module, file);
      for (let image = 0; image < 3; image++) {
        const pixels = Uint8Array.from({ length: 3 * 23 * 23 }, () => random.integer(256));
        const actual = encoder.encode(pixels);
        expect(cosine(actual, imageEmbedding(header, weights, pixels))).toBeGreaterThan(cosineOver);
        expect(encoder.encode(pixels), 'nothing of a call is left for the next').toEqual(actual);
      }
    });
  }
});
