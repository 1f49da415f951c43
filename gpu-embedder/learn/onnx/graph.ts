import { DiptychError } from '../../../src/errors.ts';
import { dataTypes, toTypedArray } from './operators/data-types.ts';
import type { DataType, TypedArray } from './operators/data-types.ts';

export type { DataType, TypedArray } from './operators/data-types.ts';

export type Shape = readonly number[];

/** A tensor of the graph. Its name is unique; its shape is that at the size the graph is built for. */
export interface Value {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DataType;
}

export interface TensorData {
  readonly dtype: DataType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** A plain number becomes an ONNX INT, a list of numbers INTS. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly strings: readonly string[] }
  | { readonly tensor: TensorData };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One use of an operator; null means that an optional input is left out. */
export interface Node {
  readonly opType: string;
  /** '' is the ONNX domain. */
  readonly domain: string;
  readonly inputs: readonly (Value | null)[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** What the file declares for each axis of an input or output: a length, or a name for a free axis. */
export type Dims = readonly (number | string)[];

export interface GraphPort {
  readonly value: Value;
  readonly dims: Dims;
}

export interface Initializer {
  readonly value: Value;
  readonly data: TypedArray;
}

/** Constants of at most this many elements are stored once. */
const sharedConstantLength = 16;

/** A computation. It only grows, and its nodes are in an order in which they can run. */
export class Graph {
  readonly #nodes: Node[] = [];
  readonly #inputs: GraphPort[] = [];
  readonly #outputs: GraphPort[] = [];
  readonly #initializers: Initializer[] = [];
  readonly #names = new Set<string>();
  readonly #constants = new Map<string, Value>();
  readonly #counts = new Map<string, number>();

  get nodes(): readonly Node[] {
    return this.#nodes;
  }
  get inputs(): readonly GraphPort[] {
    return this.#inputs;
  }
  get outputs(): readonly GraphPort[] {
    return this.#outputs;
  }
  get initializers(): readonly Initializer[] {
    return this.#initializers;
  }

  /**
   * Add an input that is fed at every run.
   *
   * @param dims - what the file declares, if it differs from `shape`, e.g. `['batch', 3, 64, 64]`
   */
  input(name: string, shape: Shape, dtype: DataType = 'float32', dims: Dims = shape): Value {
    this.#checkDims(`input ${name}`, shape, dims);
    const value = this.#value(this.#claim(name), shape, dtype);
    this.#inputs.push({ value, dims: [...dims] });
    return value;
  }

  /** Add a stored weight; float16 needs its bits in a Uint16Array. */
  initializer(name: string, data: TypedArray, shape: Shape, dtype: DataType = 'float32'): Value {
    return this.#store(this.#claim(name), data, shape, dtype);
  }

  /** Store a value under a generated name; equal small values are stored once. */
  constant(
    values: readonly number[] | TypedArray,
    shape: Shape,
    dtype: DataType = 'float32',
  ): Value {
    const data = Array.isArray(values)
      ? toTypedArray(values as readonly number[], dtype)
      : (values as TypedArray);
    if (data.length > sharedConstantLength)
      return this.#store(this.#fresh('constant'), data, shape, dtype);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const key = `${dtype} ${shape.join('x')} ${bytes.join()}`;
    const value =
      this.#constants.get(key) ?? this.#store(this.#fresh('constant'), data, shape, dtype);
    this.#constants.set(key, value);
    return value;
  }

  /** Make a value an output of the graph, under another name if one is given. */
  output(value: Value, name: string = value.name, dims: Dims = value.shape): Value {
    this.#checkDims(`output ${name}`, value.shape, dims);
    if (this.#outputs.some((port) => port.value.name === name))
      throw new DiptychError('invalid_graph', `output ${name}: there is already one of this name`);
    let named = value;
    if (name !== value.name) {
      named = this.#value(this.#claim(name), value.shape, value.dtype);
      this.#push({
        opType: 'Identity',
        domain: '',
        inputs: [value],
        outputs: [named],
        attributes: {},
      });
    }
    this.#outputs.push({ value: named, dims: [...dims] });
    return named;
  }

  /** Append a node. The functions of `operators/` call this, since they know the shapes. */
  append(
    opType: string,
    inputs: readonly (Value | null)[],
    attributes: Attributes,
    outputs: readonly { readonly shape: Shape; readonly dtype: DataType }[],
    domain = '',
  ): readonly Value[] {
    const values = outputs.map(({ shape, dtype }) =>
      this.#value(this.#fresh(opType), shape, dtype),
    );
    this.#push({ opType, domain, inputs: [...inputs], outputs: values, attributes });
    return values;
  }

  #push(node: Node): void {
    for (const input of node.inputs)
      if (input && !this.#names.has(input.name))
        throw new DiptychError(
          'invalid_graph',
          `${node.opType}: its input ${input.name} is not of this graph`,
        );
    this.#nodes.push(node);
  }

  #store(name: string, data: TypedArray, shape: Shape, dtype: DataType): Value {
    const expected = shape.reduce((product, dim) => product * dim, 1);
    if (data.length !== expected)
      throw new DiptychError(
        'invalid_graph',
        `initializer ${name}: shape [${shape}] holds ${expected} elements, got ${data.length}`,
      );
    if (!(data instanceof dataTypes[dtype].array))
      throw new DiptychError(
        'invalid_graph',
        `initializer ${name}: ${dtype} is stored in ${dataTypes[dtype].array.name}, got ${data.constructor.name}`,
      );
    const value = this.#value(name, shape, dtype);
    this.#initializers.push({ value, data });
    return value;
  }

  #value(name: string, shape: Shape, dtype: DataType): Value {
    if (!shape.every((dim) => Number.isInteger(dim) && dim >= 0))
      throw new DiptychError(
        'invalid_graph',
        `${name}: expected whole numbers as lengths of axes, got [${shape}]`,
      );
    return { name, shape: [...shape], dtype };
  }

  #checkDims(where: string, shape: Shape, dims: Dims): void {
    const fits =
      dims.length === shape.length &&
      dims.every((dim, axis) => typeof dim === 'string' || dim === shape[axis]);
    if (!fits)
      throw new DiptychError(
        'invalid_graph',
        `${where}: declared dims [${dims}] do not describe shape [${shape}]`,
      );
  }

  #claim(name: string): string {
    if (name === '' || this.#names.has(name))
      throw new DiptychError(
        'invalid_graph',
        `value '${name}': a name is not empty and used once in a graph`,
      );
    this.#names.add(name);
    return name;
  }

  #fresh(prefix: string): string {
    let count = this.#counts.get(prefix) ?? 0;
    while (this.#names.has(`${prefix}_${count}`)) count++;
    this.#counts.set(prefix, count + 1);
    return this.#claim(`${prefix}_${count}`);
  }
}
