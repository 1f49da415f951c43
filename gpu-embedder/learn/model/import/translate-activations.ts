import * as op from '../../onnx/operators/index.ts';
import type { Graph, Value } from '../../onnx/graph.ts';
import { floatOf } from './node-attributes.ts';
import type { Translation } from './translation.ts';

const half = (g: Graph, x: Value, gate: Value): Value =>
  op.Mul(g, op.Mul(g, x, 0.5), op.Add(g, gate, 1));

/** x Phi(x) (arXiv:1606.08415). */
const geluByErf = (g: Graph, x: Value): Value => half(g, x, op.Erf(g, op.Mul(g, x, Math.SQRT1_2)));

function geluByTanh(g: Graph, x: Value): Value {
  const cubed = op.Mul(g, op.Mul(g, x, x), x);
  const inner = op.Add(g, x, op.Mul(g, cubed, 0.044715));
  return half(g, x, op.Tanh(g, op.Mul(g, inner, Math.sqrt(2 / Math.PI))));
}

export const activationTranslations: Readonly<Record<string, Translation>> = {
  Gelu: (g, { node, input }) => [
    (node.attributes.approximate === 'tanh' ? geluByTanh : geluByErf)(g, input(0)),
  ],
  FastGelu: (g, { input, has }) => [
    geluByTanh(g, has(1) ? op.Add(g, input(0), input(1)) : input(0)),
  ],
  QuickGelu: (g, { node, input }) => {
    const x = input(0);
    return [op.Mul(g, x, op.Sigmoid(g, op.Mul(g, x, floatOf(node, 'alpha', 1.702))))];
  },
  Reciprocal: (g, { input }) => [op.Div(g, 1, input(0))],
  /** Write small whole powers as products: Pow would take a logarithm of every element. */
  Pow: (g, { input, numbers }) => {
    const exponent = numbers(1);
    const x = input(0);
    if (exponent?.length !== 1) return null;
    if (exponent[0] === 2) return [op.Mul(g, x, x)];
    if (exponent[0] === 3) return [op.Mul(g, op.Mul(g, x, x), x)];
    return exponent[0] === 0.5 ? [op.Sqrt(g, x)] : null;
  },
  Clip: (g, { input, numbers, has }) => {
    const largest = 3.4028234663852886e38;
    if (input(0).dtype !== 'float32') return null;
    const low = has(1) ? numbers(1) : [-largest];
    const high = has(2) ? numbers(2) : [largest];
    return low && high ? [op.Clip(g, input(0), low[0], high[0])] : null;
  },
};
