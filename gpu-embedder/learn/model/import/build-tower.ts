import type { Value } from '../../onnx/graph.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';
import * as op from '../../onnx/operators/index.ts';
import type { Modality, Tower } from '../tower.ts';
import { l2Normalise } from '../layers.ts';
import type { Parameters } from '../parameters.ts';
import { copyValue } from './copy-values.ts';
import type { HeadCut } from './find-head.ts';
import type { Probe } from './probe-model.ts';
import type { SourceInputs } from './source-inputs.ts';
import type { SourceModel } from './source-model.ts';
import type { ImportedWeight, TowerWeights } from './weights.ts';
import { adapter, parameterName } from './weights.ts';

/** What all towers of one file share. */
export interface TowerParts {
  readonly source: SourceModel;
  readonly probe: Probe;
  readonly modality: Modality;
  readonly fed: SourceInputs;
  /** Null: the head is an adapter. */
  readonly cut: HeadCut | null;
  readonly featureWidth: number;
  readonly embedDim: number;
  /** Names in the file. */
  readonly split: TowerWeights;
  /** By name in the file. */
  readonly weights: ReadonlyMap<string, ImportedWeight>;
}

/**
 * Build a tower in which some weights train.
 *
 * @param trained - names in the file
 * @param copied - called for each node of the graph, with the node of the file that it stands for
 */
export function buildTower(
  parts: TowerParts,
  trained: ReadonlySet<string>,
  copied?: (name: string, node: ModelNode) => void,
): Tower {
  const { source, probe, modality, fed, cut, weights, featureWidth, embedDim } = parts;
  const weight = (p: Parameters, name: string): Value => {
    const { shape, data, decay } = weights.get(name)!;
    return p.get(
      parameterName(modality, name),
      shape,
      { data },
      { decay, frozen: !trained.has(name) },
    );
  };
  const copy = (p: Parameters, bound: ReadonlyMap<string, Value>, rows: number, name: string) =>
    copyValue(
      source,
      probe,
      { graph: p.graph, rows, bound, weight: (of) => weight(p, of), copied },
      name,
    );
  const adapt = (p: Parameters, x: Value): Value =>
    op.Gemm(p.graph, x, weight(p, adapter.weight), weight(p, adapter.bias));
  return {
    modality,
    inputs: fed.inputs,
    featureWidth,
    embedDim,
    features: (p, inputs) =>
      copy(p, fed.bind(p.graph, inputs), inputs[0].shape[0], cut?.features ?? source.output),
    head: (p, x) => {
      const bound = new Map([[cut?.features ?? '', x]]);
      return l2Normalise(p, cut ? copy(p, bound, x.shape[0], cut.projected) : adapt(p, x));
    },
  };
}
