import { isFloat } from '../../onnx/operators/data-types.ts';
import type { Graph, Value } from '../../onnx/graph.ts';
import * as op from '../../onnx/operators/index.ts';
import type { Rule } from '../rule.ts';
import { inputsOf } from './tensors.ts';

/** Make the rule of y = f(x) from dx(g, x, y, dy). */
const unary =
  (dx: (g: Graph, x: Value, y: Value, dy: Value) => Value): Rule =>
  (g, node, dy) => [() => dx(g, inputsOf(node)[0], node.outputs[0], dy)];

/** Min and Max pass the gradient to the operand that was chosen; in a tie, to the second one. */
const choice =
  (first: (g: Graph, a: Value, b: Value) => Value): Rule =>
  (g, node, dy) => {
    const [a, b] = inputsOf(node);
    return [() => op.Where(g, first(g, a, b), dy, 0), () => op.Where(g, first(g, a, b), 0, dy)];
  };

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Identity: (_g, _node, dy) => [() => dy],
  Neg: unary((g, _x, _y, dy) => op.Neg(g, dy)),
  Exp: unary((g, _x, y, dy) => op.Mul(g, dy, y)),
  Log: unary((g, x, _y, dy) => op.Div(g, dy, x)),
  Sqrt: unary((g, _x, y, dy) => op.Div(g, op.Mul(g, dy, 0.5), y)),
  // On the CPU this takes two thirds of the time of Where(y > 0, dy, 0), and half of that of dy Sign(y).
  Relu: unary((g, _x, y, dy) => op.Mul(g, dy, op.Cast(g, op.Greater(g, y, 0), dy.dtype))),
  Sigmoid: unary((g, _x, y, dy) => op.Mul(g, dy, op.Mul(g, y, op.Sub(g, 1, y)))),
  Tanh: unary((g, _x, y, dy) => op.Mul(g, dy, op.Sub(g, 1, op.Mul(g, y, y)))),
  Erf: unary((g, x, _y, dy) => {
    const bell = op.Exp(g, op.Neg(g, op.Mul(g, x, x)));
    return op.Mul(g, dy, op.Mul(g, bell, 2 / Math.sqrt(Math.PI)));
  }),
  Softplus: unary((g, x, _y, dy) => op.Mul(g, dy, op.Sigmoid(g, x))),

  Add: (_g, _node, dy) => [() => dy, () => dy],
  Sub: (g, _node, dy) => [() => dy, () => op.Neg(g, dy)],
  Mul: (g, node, dy) => {
    const [a, b] = inputsOf(node);
    return [() => op.Mul(g, dy, b), () => op.Mul(g, dy, a)];
  },
  Div: (g, node, dy) => {
    const [, b] = inputsOf(node);
    const [y] = node.outputs;
    return [() => op.Div(g, dy, b), () => op.Neg(g, op.Div(g, op.Mul(g, dy, y), b))];
  },
  Pow: (g, node, dy) => {
    const [a, b] = inputsOf(node);
    const [y] = node.outputs;
    return [
      () => op.Mul(g, dy, op.Mul(g, b, op.Pow(g, a, op.Sub(g, b, 1)))),
      () => op.Mul(g, dy, op.Mul(g, y, op.Log(g, a))),
    ];
  },
  Min: choice(op.Less),
  Max: choice(op.Greater),
  Clip: (g, node, dy) => {
    const [x] = inputsOf(node);
    return [() => op.Where(g, op.Equal(g, x, node.outputs[0]), dy, 0), null, null];
  },
  Where: (g, node, dy) => {
    const [condition] = inputsOf(node);
    return [null, () => op.Where(g, condition, dy, 0), () => op.Where(g, condition, 0, dy)];
  },
  Cast: (g, node, dy) => {
    const [x] = inputsOf(node);
    return [isFloat(x.dtype) && isFloat(dy.dtype) ? () => op.Cast(g, dy, x.dtype) : null];
  },
};
