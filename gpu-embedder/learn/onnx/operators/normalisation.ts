import type { Graph, Value } from '../graph.ts';
import { axisOf, refuse, sameShape, sameType } from './shape-rules.ts';

const softmax =
  (opType: string) =>
  (g: Graph, x: Value, axis = -1): Value => {
    const attributes = { axis: axisOf(opType, x, axis) };
    return g.append(opType, [x], attributes, [{ shape: x.shape, dtype: x.dtype }])[0];
  };

export const Softmax = softmax('Softmax');
export const LogSoftmax = softmax('LogSoftmax');

/**
 * Normalise over the axes from `axis` on, then scale and shift; both have the shape of those axes.
 * The node also gives the mean and the inverse deviation, which its gradient uses.
 */
export function LayerNormalization(
  g: Graph,
  x: Value,
  scale: Value,
  bias: Value,
  { axis = -1, epsilon = 1e-5 }: { readonly axis?: number; readonly epsilon?: number } = {},
): Value {
  const inputs = [x, scale, bias];
  sameType('LayerNormalization', inputs);
  const from = axisOf('LayerNormalization', x, axis);
  const normal = x.shape.slice(from);
  if (!sameShape(scale.shape, normal) || !sameShape(bias.shape, normal))
    refuse(
      'LayerNormalization',
      inputs,
      `scale and bias must be [${normal}], got [${scale.shape}] and [${bias.shape}]`,
    );
  const shape = x.shape.map((dim, i) => (i < from ? dim : 1));
  return g.append('LayerNormalization', inputs, { axis: from, epsilon: { float: epsilon } }, [
    { shape: x.shape, dtype: x.dtype },
    { shape, dtype: 'float32' },
    { shape, dtype: 'float32' },
  ])[0];
}
