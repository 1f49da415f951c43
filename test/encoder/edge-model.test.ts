import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel } from '../../gpu-embedder/embed/load-model.ts';
import type { EmbeddingModel } from '../../gpu-embedder/embed/load-model.ts';
import { loadEdgeModel } from '../../gpu-embedder/embed/load-edge-model.ts';
import { edgeWeights } from '../../gpu-embedder/learn/model/edge-weights.ts';

/** The committed starter model with 8 bits a weight, against ONNX Runtime with its float16. */
const dir = 'models/pictogram';
const texts = ['cake', 'Angry face', 'cerveza', '犬', 'a shopping cart with wheels', '誕生日ケーキ',
  'arrow pointing to the left', 'woman in a red dress', 'sun behind a cloud', 'x']; // prettier-ignore
let onnx: EmbeddingModel;
let edge: EmbeddingModel;

beforeAll(async () => {
  [onnx, edge] = [await loadModel(dir, { threads: 1 }), await loadEdgeModel(dir)];
}, 60_000);
afterAll(() => onnx.dispose());

/** Of rows of unit length. */
function cosines(a: Float32Array, b: Float32Array): number[] {
  const { embedDim } = onnx;
  return Array.from({ length: a.length / embedDim }, (_, row) => {
    let dot = 0;
    for (let i = row * embedDim; i < (row + 1) * embedDim; i++) dot += a[i] * b[i];
    return dot;
  });
}

/** Pictures of discs in three colours, from small to large. */
function pictures(count: number): Uint8Array {
  const { imageSize } = onnx;
  const colours = [[200, 30, 40], [20, 20, 20], [40, 90, 220]]; // prettier-ignore
  return Uint8Array.from({ length: count * 3 * imageSize ** 2 }, (_, i) => {
    const pixel = Math.floor(i / 3) % imageSize ** 2;
    const picture = Math.floor(i / 3 / imageSize ** 2);
    const [x, y] = [pixel % imageSize, Math.floor(pixel / imageSize)];
    const distance = Math.hypot(x - imageSize / 2, y - imageSize / 2);
    return distance < 4 + 3 * picture ? colours[picture % 3][i % 3] : 255;
  });
}

describe('the edge form of the starter model', () => {
  it('has a text tower of at most 4 MB and an image tower of at most 4 MB', async () => {
    const { text, image } = await edgeWeights(dir);
    expect(text.byteLength).toBeLessThanOrEqual(4e6);
    expect(image.byteLength).toBeLessThanOrEqual(4e6);
  });

  it('embeds texts as ONNX Runtime does, to a cosine of 0.995', async () => {
    const both = cosines(await edge.embedTexts(texts), await onnx.embedTexts(texts));
    expect(both).toHaveLength(texts.length);
    expect(Math.min(...both)).toBeGreaterThan(0.995);
  });

  it('embeds pictures as ONNX Runtime does, to a cosine of 0.995', async () => {
    const rgb = pictures(6);
    const both = cosines(await edge.embedPixels(rgb), await onnx.embedPixels(rgb));
    expect(both).toHaveLength(6);
    expect(Math.min(...both)).toBeGreaterThan(0.995);
  });

  it('tells the same of itself as the ONNX model', () => {
    const { id, hash, embedDim, imageSize, contextLength, logitScale, imageRule } = onnx;
    const same = { id, hash, embedDim, imageSize, contextLength, logitScale, imageRule };
    expect(edge).toMatchObject(same);
  });

  it('embeds a text without a word as zeros, in its place', async () => {
    const [nothing, cake] = [await edge.embedTexts(['', 'cake']), await edge.embedTexts(['cake'])];
    expect(nothing.subarray(0, onnx.embedDim).every((value) => value === 0)).toBe(true);
    expect(nothing.subarray(onnx.embedDim)).toEqual(cake);
    expect(nothing.subarray(0, onnx.embedDim)).toEqual(await onnx.embedTexts(['']));
  });

  it('refuses pixels of another size, and normalised ones', async () => {
    await expect(edge.embedPixels(new Uint8Array(100))).rejects.toThrow(
      /multiple of 3 x 48 x 48 = 6912 bytes, got 100 bytes/,
    );
    await expect(edge.embedPixels(new Float32Array(6912))).rejects.toThrow(/got 6912 floats/);
  });
});
