import type {
  Attributes,
  DataType,
  Shape,
  TypedArray,
  Value,
} from '../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';

/** Writes graphs node by node as torch.onnx does, with random weights. */
export class TorchGraph {
  readonly g = new Graph();
  private readonly random;
  private matrices = 0;

  /** @param opset - from 17 on layer normalisation is one node */
  constructor(
    readonly opset: number,
    seed: number,
  ) {
    this.random = createRandom(seed);
  }

  node(
    opType: string,
    inputs: readonly (Value | null)[],
    shape: Shape,
    attributes: Attributes = {},
    dtype: DataType = 'float32',
  ): Value {
    return this.g.append(opType, inputs, attributes, [{ shape, dtype }])[0];
  }

  weight(name: string, shape: Shape, { mean = 0, std = 0.2 } = {}): Value {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    for (let i = 0; i < data.length; i++) data[i] = mean + std * this.random.normal();
    return this.g.initializer(name, data, shape);
  }

  float(value: number): Value {
    return this.constant(new Float32Array([value]), [], 'float32');
  }

  int(value: number): Value {
    return this.constant(new BigInt64Array([BigInt(value)]), [], 'int64');
  }

  ints(...values: number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64');
  }

  constant(data: TypedArray, shape: Shape, dtype: DataType): Value {
    return this.node('Constant', [], shape, { value: { tensor: { dtype, shape, data } } }, dtype);
  }

  /** x.shape[axis] as a scalar. */
  length(x: Value, axis: number): Value {
    const shape = this.node('Shape', [x], [x.shape.length], {}, 'int64');
    return this.node('Gather', [shape, this.int(axis)], [], { axis: 0 }, 'int64');
  }

  /** A vector of lengths: a number is constant, a value is known only when the graph runs. */
  lengths(...parts: (Value | number)[]): Value {
    const each = parts.map((part) =>
      typeof part === 'number'
        ? this.ints(part)
        : this.node('Unsqueeze', [part, this.ints(0)], [1], {}, 'int64'),
    );
    return this.node('Concat', each, [parts.length], { axis: 0 }, 'int64');
  }

  reshape(x: Value, shape: Shape, ...parts: (Value | number)[]): Value {
    return this.node('Reshape', [x, this.lengths(...parts)], shape, { allowzero: 0 }, x.dtype);
  }

  unsqueeze(x: Value, axis: number): Value {
    const shape = [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)];
    return this.node('Unsqueeze', [x, this.ints(axis)], shape, {}, x.dtype);
  }

  transpose(x: Value, ...perm: number[]): Value {
    return this.node(
      'Transpose',
      [x],
      perm.map((axis) => x.shape[axis]),
      { perm },
      x.dtype,
    );
  }

  /** torch.arange(length) */
  range(length: Value, count: number): Value {
    return this.node('Range', [this.int(0), length, this.int(1)], [count], {}, 'int64');
  }

  /** x[:, index] */
  take(x: Value, index: number): Value {
    const shape = [x.shape[0], ...x.shape.slice(2)];
    return this.node('Gather', [x, this.int(index)], shape, { axis: 1 }, x.dtype);
  }

  /** x.expand(shape): a -1 keeps the length, so the exporter compares with it. */
  expand(x: Value, shape: Shape, ...parts: (Value | number)[]): Value {
    const wanted = this.node('Reshape', [this.lengths(...parts), this.ints(-1)], [shape.length], {}, 'int64'); // prettier-ignore
    const rank = this.node('Shape', [wanted], [1], {}, 'int64');
    const ones = this.node('ConstantOfShape', [rank], [shape.length], { value: { tensor: { dtype: 'int64', shape: [1], data: new BigInt64Array([1n]) } } }, 'int64'); // prettier-ignore
    const kept = this.node('Mul', [ones, this.int(-1)], [shape.length], {}, 'int64');
    const isKept = this.node('Equal', [wanted, kept], [shape.length], {}, 'bool');
    const target = this.node('Where', [isKept, ones, wanted], [shape.length], {}, 'int64');
    return this.node('Expand', [x, target], shape, {}, x.dtype);
  }

  cast(x: Value, dtype: DataType): Value {
    const to = { float32: 1, int32: 6, int64: 7, bool: 9 }[dtype as 'float32'];
    return this.node('Cast', [x], x.shape, { to }, dtype);
  }

  binary(opType: string, a: Value, b: Value, dtype = a.dtype): Value {
    const rank = Math.max(a.shape.length, b.shape.length);
    const lengths = [a, b].map(({ shape }) => [...Array<number>(rank - shape.length).fill(1), ...shape]); // prettier-ignore
    const shape = lengths[0].map((dim, axis) => Math.max(dim, lengths[1][axis]));
    return this.node(opType, [a, b], shape, {}, dtype);
  }

  unary(opType: string, x: Value): Value {
    return this.node(opType, [x], x.shape);
  }

  matmul(a: Value, b: Value): Value {
    return this.node('MatMul', [a, b], [...a.shape.slice(0, -1), b.shape[b.shape.length - 1]]);
  }

  /** The exporter transposes the weight, which thereby loses its name. */
  linear(x: Value, name: string, out: number, bias = true): Value {
    const width = x.shape[x.shape.length - 1];
    const matrix = this.weight(`onnx::MatMul_${300 + this.matrices++}`, [width, out]);
    const product = this.matmul(x, matrix);
    return bias ? this.binary('Add', this.weight(`${name}.bias`, [out]), product) : product;
  }

  layerNorm(x: Value, name: string): Value {
    const width = x.shape[x.shape.length - 1];
    const scale = this.weight(`${name}.weight`, [width], { mean: 1 });
    const bias = this.weight(`${name}.bias`, [width]);
    if (this.opset >= 17) {
      const attributes = { axis: -1, epsilon: { float: 1e-5 } };
      return this.node('LayerNormalization', [x, scale, bias], x.shape, attributes);
    }
    const mean = (of: Value): Value =>
      this.node('ReduceMean', [of], of.shape.with(-1, 1), { axes: [-1], keepdims: 1 });
    const centred = this.binary('Sub', x, mean(x));
    const variance = mean(this.binary('Pow', centred, this.float(2)));
    const deviation = this.unary('Sqrt', this.binary('Add', variance, this.float(1e-5)));
    const normal = this.binary('Div', centred, deviation);
    return this.binary('Add', this.binary('Mul', normal, scale), bias);
  }
}
