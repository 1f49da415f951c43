import { DiptychError } from '../../src/errors.ts';
import type { Graph, Shape, Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import type { Random } from '../random.ts';
import { toFloat16 } from './float16.ts';

/** How a parameter starts: normal with this deviation, or a constant. */
export type Initial = { readonly std: number } | { readonly value: number };

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
  /** Weight decay applies (AdamW decays matrices, not biases, norms or scales). */
  readonly decay: boolean;
}

/** A statistic of the batch whose running mean inference needs in place of the batch's own. */
export interface BatchStatistic {
  readonly name: string;
  readonly value: Value;
}

/**
 * Where a tower takes its weights from. The towers are written once; training feeds parameters
 * as graph inputs, inference stores them in the graph.
 */
export interface Parameters {
  readonly graph: Graph;
  readonly training: boolean;
  get(name: string, shape: Shape, initial: Initial, options?: { decay?: boolean }): Value;
}

/** Parameters as graph inputs, initialised from a seed, updated between runs. */
export class TrainableParameters implements Parameters {
  readonly training = true;
  readonly list: Parameter[] = [];
  readonly values: Value[] = [];
  readonly statistics: BatchStatistic[] = [];

  constructor(
    readonly graph: Graph,
    private readonly random: Random,
  ) {}

  get(name: string, shape: Shape, initial: Initial, options: { decay?: boolean } = {}): Value {
    if (this.list.some((p) => p.name === name)) {
      throw new DiptychError('invalid_graph', `parameter ${name} is defined twice`);
    }
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if ('std' in initial) {
      for (let i = 0; i < data.length; i++) data[i] = this.random.normal() * initial.std;
    } else data.fill(initial.value);
    const value = this.graph.input(name, shape);
    this.list.push({ name, shape, data, decay: options.decay ?? shape.length > 1 });
    this.values.push(value);
    return value;
  }
}

/** Parameters stored in the graph as float16, computed with as float32. */
export class StoredParameters implements Parameters {
  readonly training = false;
  private readonly used = new Map<string, Value>();

  constructor(
    readonly graph: Graph,
    private readonly weights: ReadonlyMap<string, Float32Array>,
  ) {}

  get(name: string, shape: Shape): Value {
    const known = this.used.get(name);
    if (known) return known;
    const data = this.weights.get(name);
    const expected = shape.reduce((a, b) => a * b, 1);
    if (!data || data.length !== expected) {
      throw new DiptychError(
        'unreadable_model',
        `weight ${name}: expected ${expected} numbers [${shape.join(', ')}], got ${data?.length ?? 'none'}`,
      );
    }
    const stored = this.graph.initializer(name, toFloat16(data), shape, 'float16');
    const value = op.Cast(this.graph, stored, 'float32');
    this.used.set(name, value);
    return value;
  }
}
