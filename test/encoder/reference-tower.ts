import type {
  TextTowerHeader,
  TransformerShape,
  VitHeader,
} from '../../src/version/weights-format.ts';
import type { RandomTower } from '../support/random-tower.ts';
import * as reference from './reference.ts';
import type { Matrix } from './reference.ts';

type Weights = RandomTower['weights'];

const sum = (a: Matrix, b: Matrix): number[][] =>
  a.map((row, i) => row.map((value, k) => value + b[i][k]));

/** Layers by name over the weights of a tower, in float64. */
function layersOf(weights: Weights, shape: TransformerShape) {
  const vector = (name: string): number[] => [...weights.get(name)!];
  const rows = (name: string, width: number): number[][] => {
    const data = weights.get(name)!;
    return Array.from({ length: data.length / width }, (_, i) => [
      ...data.subarray(i * width, (i + 1) * width),
    ]);
  };
  const norm = (name: string, x: Matrix): number[][] =>
    reference.layerNorm(x, vector(`${name}.weight`), vector(`${name}.bias`), shape.epsilon);
  const dense = (name: string, x: Matrix): number[][] => {
    const bias = vector(`${name}.bias`);
    return reference.product(x, rows(`${name}.weight`, bias.length), bias);
  };
  const mlp = (name: string, x: Matrix): number[][] => {
    const hidden = dense(`${name}.fc1`, x);
    return dense(
      `${name}.fc2`,
      hidden.map((row) => row.map(reference.activations[shape.activation])),
    );
  };
  const run = (x: Matrix, causal: boolean): Matrix => {
    for (let i = 0; i < shape.depth; i++) {
      const qkv = dense(`layers.${i}.attention.qkv`, norm(`layers.${i}.ln1`, x));
      const mixed = reference.attention(qkv, shape.width, shape.heads, causal);
      x = sum(x, dense(`layers.${i}.attention.out`, mixed));
      x = sum(x, mlp(`layers.${i}.mlp`, norm(`layers.${i}.ln2`, x)));
    }
    return x;
  };
  return { vector, rows, norm, dense, mlp, run };
}

/** @param ids - as the tower reads them, with start, end and padding */
export function textEmbedding(
  header: TextTowerHeader,
  weights: Weights,
  ids: readonly number[],
): number[] {
  const { rows, norm, dense, run } = layersOf(weights, header);
  const { width, pooling, causal, end } = header;
  const table = rows('token_embedding.weight', width);
  const positions = rows('position_embedding.weight', width);
  const x = ids.map((id, at) => table[id].map((value, i) => value + positions[at][i]));
  const final = norm('final_ln', run(x, causal));
  if (pooling === 'mean') {
    const mean = final[0].map((_, i) => final.reduce((all, row) => all + row[i], 0) / ids.length);
    return dense('text_projection', [mean])[0];
  }
  const row = pooling === 'end' ? ids.indexOf(end!) : ids.length - 1;
  return dense('text_projection', [final[row]])[0];
}

export function imageEmbedding(header: VitHeader, weights: Weights, pixels: Uint8Array): number[] {
  const { vector, rows, norm, dense, mlp, run } = layersOf(weights, header);
  const { width, heads, imageSize, patch, rescale, mean, std } = header;
  const side = Math.floor(imageSize / patch);
  const patches = Array.from({ length: side * side }, (_, at) =>
    Array.from({ length: 3 * patch * patch }, (_, i) => {
      const colour = Math.floor(i / patch ** 2);
      const y = Math.floor(at / side) * patch + (Math.floor(i / patch) % patch);
      const x = (at % side) * patch + (i % patch);
      return (pixels[3 * (y * imageSize + x) + colour] * rescale - mean[colour]) / std[colour];
    }),
  );
  let x: Matrix = dense('patch_embedding', patches);
  if (header.pooling === 'class') x = [vector('class_embedding'), ...x];
  x = sum(x, rows('position_embedding.weight', width));
  if (header.preNorm) x = norm('pre_ln', x);
  const final = norm('final_ln', run(x, false));
  if (header.pooling === 'class') return dense('image_projection', [final[0]])[0];
  // The query of the pool in front of every row: the first row of the result is its own.
  const qkv = dense('pool.kv', final).map((row) => [...vector('pool.query'), ...row]);
  const y = dense('pool.out', [reference.attention(qkv, width, heads)[0]]);
  return sum(y, mlp('pool.mlp', norm('pool.ln', y)))[0];
}
