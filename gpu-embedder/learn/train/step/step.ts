import type { Graph, Value } from '../../onnx/graph.ts';
import type { BatchStatistic, Parameter } from '../../model/parameters.ts';
import type { AdamWStep } from './adamw.ts';
import type { Batch } from '../batch/batches.ts';

/** The graph of a loss with its gradients, not yet serialised. */
export interface LossGraph {
  readonly graph: Graph;
  /** One element. */
  readonly loss: Value;
  /** All parameters, inputs of the graph. */
  readonly parameters: readonly Parameter[];
  /** The parameters that train, each with dLoss/dParameter of the same shape. */
  readonly trained: readonly { readonly parameter: Parameter; readonly gradient: Value }[];
  readonly statistics: readonly BatchStatistic[];
}

export interface StepResult {
  readonly loss: number;
  /** Global L2 norm before clipping. */
  readonly gradientNorm: number;
  /** Batch statistics by name. */
  readonly statistics: Readonly<Record<string, Float32Array>>;
  /** Milliseconds inside session.run. */
  readonly insideMs: number;
}

/** Computes the gradient of a batch and updates the weights, wherever they live. */
export interface TrainingStep {
  /** Floating-point operations of the products and convolutions of a step. */
  readonly flops: number;
  run(batch: Batch, update: AdamWStep): Promise<StepResult>;
  /** Bring the arrays of the slots up to date; on the CPU they are always up to date. */
  download(): Promise<void>;
  close(): Promise<void>;
}
