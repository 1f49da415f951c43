import { DiptychError } from '../../../../src/errors.ts';
import type { SessionOptions } from '../../onnx/session.ts';
import { openCachedStep } from './cached-step.ts';
import { openDeviceStep } from './device-step.ts';
import { openDirectStep } from './direct-step.ts';
import type { StagePlan, TowerRole } from './loss-graph.ts';
import { buildLossGraph } from './loss-graph.ts';
import type { Stage } from '../losses/loss-table.ts';
import { lossOf } from '../losses/loss-table.ts';
import type { SlotStore } from './slots.ts';
import { adoptParameters } from './slots.ts';
import type { TrainingStep } from './step.ts';
import type { TrainingModel } from '../run/training-model.ts';

export interface StepOptions {
  readonly threads: number;
  readonly device: NonNullable<SessionOptions['device']>;
  /** False if the stage continues from a checkpoint. */
  readonly stageBegins: boolean;
}

/** Open the step that a stage asks for: in micro-batches, on a device, or in one run on the CPU. */
export async function openStep(
  plan: StagePlan,
  store: SlotStore,
  options: StepOptions,
): Promise<TrainingStep> {
  const { batch, microBatch = batch } = plan.stage;
  const { device } = options;
  if (microBatch < batch && plan.roles.some(({ fromFeatures }) => !fromFeatures)) {
    if (device === 'cpu') return openCachedStep(plan, store, options);
    throw new DiptychError(
      'invalid_option',
      `--micro-batch ${microBatch}: micro-batches run on the CPU alone, got --device ${device}`,
    );
  }
  const graph = buildLossGraph(plan);
  adoptParameters(store, graph.parameters, options.stageBegins);
  return device === 'cpu'
    ? openDirectStep(graph, store, options)
    : openDeviceStep(graph, store, { ...options, device });
}

/** Find which towers a stage needs, and how they take part. */
export function planStage(
  stage: Stage,
  model: TrainingModel,
  run: Pick<StagePlan, 'classes' | 'words' | 'seed'>,
): StagePlan {
  const roles = lossOf(stage)
    .towers(stage)
    .map((modality): TowerRole => ({
      tower: model.tower(modality, stage),
      learns: stage.train.includes(modality) && model.learning.includes(modality),
      fromFeatures: model.frozenFeatures.includes(modality),
    }));
  return { stage, roles, logitScale: model.logitScale, ...run };
}
