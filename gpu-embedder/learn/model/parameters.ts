import { createHash } from 'node:crypto';
import { DiptychError } from '../../../src/errors.ts';
import type { Graph, Shape, Value } from '../onnx/graph.ts';
import * as op from '../onnx/operators/index.ts';
import { createRandom } from '../../common/random.ts';
import { toFloat16 } from '../onnx/float16.ts';

/** How a parameter starts: normal with this deviation, a constant, or these numbers. */
export type Initial =
  { readonly std: number } | { readonly value: number } | { readonly data: Float32Array };

export interface ParameterOptions {
  /** By default, parameters with more than one axis decay. */
  readonly decay?: boolean;
  /** Fed, but without a gradient. */
  readonly frozen?: boolean;
}

export interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
  /** Weight decay applies (AdamW decays matrices, not biases, norms or scales). */
  readonly decay: boolean;
  readonly frozen: boolean;
  /** The parameter in the graph. */
  readonly value: Value;
}

/** A statistic of the batch. Inference uses its running mean instead. */
export interface BatchStatistic {
  readonly name: string;
  readonly value: Value;
}

/**
 * Where a tower takes its weights from. The towers are written once: training feeds the parameters
 * as inputs of the graph, inference stores them in the graph.
 */
export interface Parameters {
  readonly graph: Graph;
  readonly training: boolean;
  get(name: string, shape: Shape, initial: Initial, options?: ParameterOptions): Value;
  /**
   * Get a statistic: that of the batch during training, its running mean otherwise. Null if it is
   * folded into the stored weights.
   */
  statistic(name: string, shape: Shape, ofBatch: () => Value): Value | null;
}

/** Parameters as graph inputs, initialised from a seed, updated between runs. */
export class TrainableParameters implements Parameters {
  readonly training = true;
  readonly list: Parameter[] = [];
  readonly statistics: BatchStatistic[] = [];

  constructor(
    readonly graph: Graph,
    /** Initial values depend on the seed and the name of the parameter, not on the rest of the graph. */
    private readonly seed: number,
  ) {}

  get(name: string, shape: Shape, initial: Initial, options: ParameterOptions = {}): Value {
    if (this.list.some((p) => p.name === name)) {
      throw new DiptychError('invalid_graph', `parameter ${name} is defined twice`);
    }
    const { decay = shape.length > 1, frozen = false } = options;
    const value = this.graph.input(name, shape);
    const data = 'data' in initial ? initial.data : this.draw(name, shape, initial);
    this.list.push({ name, shape, data, decay, frozen, value });
    return value;
  }

  statistic(name: string, _shape: Shape, ofBatch: () => Value): Value {
    const value = ofBatch();
    this.statistics.push({ name, value });
    return value;
  }

  /** The same parameters without gradients; statistics are the running ones. */
  frozen(): Parameters {
    return {
      graph: this.graph,
      training: true,
      get: (name, shape, initial, options) =>
        this.get(name, shape, initial, { ...options, frozen: true }),
      statistic: (name, shape) => {
        const initial = { value: name.endsWith('variance') ? 1 : 0 };
        return this.get(name, shape, initial, { decay: false, frozen: true });
      },
    };
  }

  private draw(
    name: string,
    shape: Shape,
    initial: { std: number } | { value: number },
  ): Float32Array {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    if ('value' in initial) return data.fill(initial.value);
    const hash = createHash('sha256').update(name).digest().readUInt32LE();
    const random = createRandom(hash + this.seed);
    for (let i = 0; i < data.length; i++) data[i] = random.normal() * initial.std;
    return data;
  }
}

/** Parameters that the graph stores as float16 and computes with as float32. */
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

  statistic(): null {
    return null;
  }
}
