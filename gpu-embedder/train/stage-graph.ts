import { gradients } from '../autodiff/gradients.ts';
import { DiptychError } from '../../src/errors.ts';
import { imageTower } from '../model/image-tower.ts';
import { logitScale, prototypeCrossEntropy, symmetricInfoNce } from '../model/losses.ts';
import type { BatchStatistic, Parameter } from '../model/parameters.ts';
import { TrainableParameters } from '../model/parameters.ts';
import { textTower } from '../model/text-tower.ts';
import { Graph } from '../onnx/graph.ts';
import type { Value } from '../onnx/graph.ts';
import { countFlops } from '../onnx/count-flops.ts';
import { writeModel } from '../onnx/model-proto.ts';
import { createRandom } from '../random.ts';
import type { Stage, TrainConfig } from './config.ts';

/** Forward, loss and backward of one stage as one ONNX model. */
export interface StageGraph {
  readonly model: Uint8Array;
  /** Floating-point operations of a step. */
  readonly flops: number;
  /** Fed to the graph, with fresh initial values; those in `trained` have a gradient output. */
  readonly parameters: readonly Parameter[];
  /** Names; the gradient of NAME is the output `gradient:NAME`. */
  readonly trained: readonly string[];
  readonly statistics: readonly { readonly name: string; readonly width: number }[];
}

export const gradientOutput = (parameter: string) => `gradient:${parameter}`;

/** Build the graph of a stage. @param classes - of the prototype table */
export function buildStageGraph(stage: Stage, config: TrainConfig, classes: number): StageGraph {
  const g = new Graph();
  const p = new TrainableParameters(g, createRandom(config.seed));
  const loss = stageLoss(stage, config, classes, p);
  // `align` moves the text to prototypes that stay where classification left them.
  const trained = p.list
    .map(({ name, value }) => ({ name, value }))
    .filter(({ name }) => stage.kind !== 'align' || name !== prototypesName);
  const found = gradients(
    g,
    loss,
    trained.map(({ value }) => value),
  );
  g.output(loss, 'loss');
  found.forEach((gradient, i) => {
    if (!gradient) {
      throw new DiptychError(
        'invalid_graph',
        `the ${stage.kind} loss does not depend on ${trained[i].name}`,
      );
    }
    g.output(gradient, gradientOutput(trained[i].name));
  });
  p.statistics.forEach(({ name, value }: BatchStatistic) => g.output(value, name));
  return {
    model: writeModel(g),
    flops: countFlops(g),
    parameters: p.list,
    trained: trained.map(({ name }) => name),
    statistics: p.statistics.map(({ name, value }) => ({ name, width: value.shape[1] })),
  };
}

export const prototypesName = 'class_prototypes';

function stageLoss(
  stage: Stage,
  config: TrainConfig,
  classes: number,
  p: TrainableParameters,
): Value {
  const g = p.graph;
  const { batch } = stage;
  const { embedDim } = config;
  const images = (): Value => {
    const size = (stage.kind !== 'align' ? stage.imageSize : undefined) ?? config.image.imageSize;
    return imageTower(p, g.input('pixels', [batch, 3, size, size]), config.image, embedDim);
  };
  const texts = (): Value =>
    textTower(
      p,
      g.input('ids', [batch, config.text.contextLength], 'int32'),
      config.text,
      embedDim,
    );
  const prototypes = (): Value =>
    p.get(prototypesName, [classes, embedDim], { std: 1 / Math.sqrt(embedDim) }, { decay: false });
  switch (stage.kind) {
    case 'classify':
    case 'align': {
      const embeddings = stage.kind === 'classify' ? images() : texts();
      const targets = g.input('targets', [batch, classes]);
      return prototypeCrossEntropy(p, embeddings, prototypes(), targets, stage.scale);
    }
    case 'contrastive':
      return symmetricInfoNce(
        p,
        images(),
        texts(),
        logitScale(p, config.logitScale),
        g.input('imageTargets', [batch, batch]),
        g.input('textTargets', [batch, batch]),
      );
  }
}
