import { Graph } from '../../gpu-embedder/learn/onnx/graph.ts';
import type { Value } from '../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../gpu-embedder/learn/onnx/operators/index.ts';
import type { TextTowerHeader } from '../../src/version/weights-format.ts';
import type { RandomTower } from '../../test/support/random-tower.ts';

/**
 * Write a text tower of OpenAI's CLIP for texts of `count` tokens as float32 ONNX:
 * `ids` [count] int64 -> `embedding` [1, embedDim], not of unit length.
 */
export function textOnnx(
  header: TextTowerHeader,
  weights: RandomTower['weights'],
  count: number,
): Uint8Array {
  const { width, depth, heads, vocabSize, embedDim, hidden, contextLength, epsilon } = header;
  const g = new Graph();
  const weight = (name: string, shape: readonly number[]): Value =>
    g.initializer(name, weights.get(name)!, shape);
  const norm = (name: string, x: Value): Value => {
    const [scale, bias] = ['weight', 'bias'].map((part) => weight(`${name}.${part}`, [width]));
    return op.LayerNormalization(g, x, scale, bias, { epsilon });
  };
  const dense = (name: string, x: Value, from: number, to: number): Value =>
    op.Add(g, op.MatMul(g, x, weight(`${name}.weight`, [from, to])), weight(`${name}.bias`, [to]));
  const headWidth = width / heads;
  const mask = Float32Array.from({ length: count * count }, (_, i) =>
    i % count > Math.floor(i / count) ? -1e9 : 0,
  );
  const unseen = g.initializer('mask', mask, [count, count]);
  const attend = (name: string, x: Value): Value => {
    const qkv = dense(`${name}.qkv`, x, width, 3 * width);
    const part = (i: number, perm: readonly number[]): Value => {
      const own = op.Slice(g, qkv, [i * width], [(i + 1) * width], [1]);
      return op.Transpose(g, op.Reshape(g, own, [count, heads, headWidth]), perm);
    };
    const scores = op.MatMul(g, part(0, [1, 0, 2]), part(1, [1, 2, 0]));
    const shares = op.Softmax(g, op.Add(g, op.Mul(g, scores, headWidth ** -0.5), unseen), -1);
    const mixed = op.Transpose(g, op.MatMul(g, shares, part(2, [1, 0, 2])), [1, 0, 2]);
    return dense(`${name}.out`, op.Reshape(g, mixed, [count, width]), width, width);
  };

  const ids = g.input('ids', [count], 'int64');
  const table = weight('token_embedding.weight', [vocabSize, width]);
  const positions = weight('position_embedding.weight', [contextLength, width]);
  let x = op.Add(g, op.Gather(g, table, ids), op.Slice(g, positions, [0], [count], [0]));
  for (let i = 0; i < depth; i++) {
    x = op.Add(g, x, attend(`layers.${i}.attention`, norm(`layers.${i}.ln1`, x)));
    const inner = dense(`layers.${i}.mlp.fc1`, norm(`layers.${i}.ln2`, x), width, hidden);
    const active = op.Mul(g, inner, op.Sigmoid(g, op.Mul(g, inner, 1.702)));
    x = op.Add(g, x, dense(`layers.${i}.mlp.fc2`, active, hidden, width));
  }
  const last = norm('final_ln', op.Slice(g, x, [count - 1], [count], [0]));
  g.output(dense('text_projection', last, width, embedDim), 'embedding');
  return writeModel(g);
}
