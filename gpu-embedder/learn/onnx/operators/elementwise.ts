import { dataTypes } from './data-types.ts';
import type { DataType, Graph, Value } from '../graph.ts';
import { broadcast, refuse, sameType } from './shape-rules.ts';

/** A number stands for a scalar constant of the other operand's type. */
export type Operand = Value | number;

function operands(g: Graph, opType: string, ...inputs: Operand[]): Value[] {
  const first = inputs.find((input) => typeof input !== 'number');
  if (!first) return refuse(opType, [], 'all operands are numbers, at least one must be a value');
  return inputs.map((input) =>
    typeof input === 'number' ? g.constant([input], [], first.dtype) : input,
  );
}

const unary =
  (opType: string) =>
  (g: Graph, x: Value): Value =>
    g.append(opType, [x], {}, [{ shape: x.shape, dtype: x.dtype }])[0];

const binary =
  (opType: string, result?: DataType) =>
  (g: Graph, a: Operand, b: Operand): Value => {
    const inputs = operands(g, opType, a, b);
    sameType(opType, inputs);
    const shape = broadcast(opType, inputs);
    return g.append(opType, inputs, {}, [{ shape, dtype: result ?? inputs[0].dtype }])[0];
  };

export const Identity = unary('Identity');
export const Neg = unary('Neg');
export const Exp = unary('Exp');
export const Log = unary('Log');
export const Sqrt = unary('Sqrt');
export const Relu = unary('Relu');
export const Sigmoid = unary('Sigmoid');
export const Tanh = unary('Tanh');
export const Erf = unary('Erf');
export const Softplus = unary('Softplus');
export const Not = unary('Not');

export const Add = binary('Add');
export const Sub = binary('Sub');
export const Mul = binary('Mul');
export const Div = binary('Div');
export const Pow = binary('Pow');
export const Min = binary('Min');
export const Max = binary('Max');
export const Equal = binary('Equal', 'bool');
export const Greater = binary('Greater', 'bool');
export const Less = binary('Less', 'bool');

/** Limit to [min, max]. */
export function Clip(g: Graph, x: Value, min: number, max: number): Value {
  if (!(min <= max)) refuse('Clip', [x], `min ${min} is above max ${max}`);
  const inputs = operands(g, 'Clip', x, min, max);
  return g.append('Clip', inputs, {}, [{ shape: x.shape, dtype: x.dtype }])[0];
}

/** Choose `a` where the condition is true, else `b`. */
export function Where(g: Graph, condition: Value, a: Operand, b: Operand): Value {
  if (condition.dtype !== 'bool')
    refuse('Where', [condition], `the condition must be bool, got ${condition.dtype}`);
  const choices = operands(g, 'Where', a, b);
  sameType('Where', choices);
  const inputs = [condition, ...choices];
  const shape = broadcast('Where', inputs);
  return g.append('Where', inputs, {}, [{ shape, dtype: choices[0].dtype }])[0];
}

/** Convert to another type; if the type is already right, no node is added. */
export function Cast(g: Graph, x: Value, to: DataType): Value {
  if (x.dtype === to) return x;
  return g.append('Cast', [x], { to: dataTypes[to].code }, [{ shape: x.shape, dtype: to }])[0];
}
