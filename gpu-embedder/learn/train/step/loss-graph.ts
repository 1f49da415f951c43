import { gradients } from '../../autodiff/gradients.ts';
import { DiptychError } from '../../../../src/errors.ts';
import { TrainableParameters } from '../../model/parameters.ts';
import { Graph } from '../../onnx/graph.ts';
import type { Value } from '../../onnx/graph.ts';
import { featuresInput } from '../batch/feature-table.ts';
import type { Stage } from '../losses/loss-table.ts';
import { lossOf } from '../losses/loss-table.ts';
import type { LossGraph } from './step.ts';
import type { Modality, Tower } from '../../model/tower.ts';

/** How a tower takes part in a stage. */
export interface TowerRole {
  readonly tower: Tower;
  /** False means that its weights are fed, but get no gradients. */
  readonly learns: boolean;
  /** Its features are fed instead of its inputs: they were encoded once, or come from micro-batches. */
  readonly fromFeatures: boolean;
}

/** Everything that the graph of a stage depends on. */
export interface StagePlan {
  readonly stage: Stage;
  /** The towers that the loss needs. */
  readonly roles: readonly TowerRole[];
  /** Rows of the prototype tables. */
  readonly classes: number;
  readonly words: number;
  readonly logitScale: number;
  readonly seed: number;
}

export const gradientOutput = (parameter: string): string => `gradient:${parameter}`;
export const featuresGradient = (modality: Modality): string => `gradient:${modality}Features`;

/**
 * Build forward, loss and backward of a stage for a whole batch.
 *
 * @param micro - towers that learn in micro-batches: their features are fed, and the graph also gives
 *   `gradient:<modality>Features` [batch, featureWidth]
 */
export function buildLossGraph(plan: StagePlan, micro: readonly Modality[] = []): LossGraph {
  const g = new Graph();
  const p = new TrainableParameters(g, plan.seed);
  const { batch } = plan.stage;
  const fedFeatures = new Map<Modality, Value>();
  const embed = (modality: Modality): Value => {
    const { tower, learns, fromFeatures } = plan.roles.find(
      (role) => role.tower.modality === modality,
    )!;
    const scope = learns ? p : p.frozen();
    if (!fromFeatures) {
      return tower.head(scope, tower.features(scope, towerInputs(g, tower, batch)));
    }
    const features = g.input(featuresInput(modality), [batch, tower.featureWidth]);
    fedFeatures.set(modality, features);
    return tower.head(scope, features);
  };
  const loss = lossOf(plan.stage).graph(plan.stage, { ...plan, p, embed });
  const learning = p.list.filter(({ frozen }) => !frozen);
  const wanted = micro.map((modality) => fedFeatures.get(modality)!);
  const found = gradients(g, loss, [...learning.map(({ value }) => value), ...wanted]);
  const gradientOf = (i: number, name: string): Value => {
    const gradient = found[i];
    if (gradient) return gradient;
    throw new DiptychError(
      'invalid_graph',
      `the ${plan.stage.loss} loss does not depend on ${name}`,
    );
  };
  g.output(loss, 'loss');
  p.statistics.forEach(({ name, value }) => g.output(value, name));
  micro.forEach((modality, i) => {
    const name = featuresGradient(modality);
    g.output(gradientOf(learning.length + i, name), name);
  });
  return {
    graph: g,
    loss,
    parameters: p.list,
    trained: learning.map((parameter, i) => ({
      parameter,
      gradient: gradientOf(i, parameter.name),
    })),
    statistics: p.statistics,
  };
}

/** Declare the inputs of a tower for a number of rows. */
export function towerInputs(g: Graph, { inputs }: Tower, rows: number): Value[] {
  return inputs.map(({ name, shape, dtype }) => g.input(name, [rows, ...shape], dtype));
}
