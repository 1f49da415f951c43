import type { ModelNode } from '../../onnx/model-proto.ts';
import type { Probe } from './probe-model.ts';
import type { SourceModel } from './source-model.ts';

/** Where a tower is cut in two. */
export interface HeadCut {
  /** Name of the pooled features. */
  readonly features: string;
  /** Name of the result of the head before normalisation. */
  readonly projected: string;
}

const rows = 2;

/**
 * Find the linear layer at the end of a model. The search goes back from the embeddings through a
 * normalisation and an added bias to a product with a weight. Null if the model ends in another way
 * (the pooler of SigLIP).
 */
export function findHead(source: SourceModel, probe: Probe): HeadCut | null {
  const projected = beforeNormalisation(source, probe, behind(source, source.output));
  const product = productOf(source, projected);
  if (!product || product.attributes.transA === 1) return null;
  const [features, weight] = product.inputs;
  const isWeight = isOfWeights(source, weight) && probe.shape(projected, rows).length === 2;
  if (!isWeight || isOfWeights(source, features)) return null;
  return probe.shape(features, rows).length === 2 ? { features, projected } : null;
}

/** Go back over nodes that change nothing. */
function behind(source: SourceModel, name: string): string {
  const node = source.producers.get(name);
  return node && ['Identity', 'Cast'].includes(node.opType) ? behind(source, node.inputs[0]) : name;
}

/** Find the x of x / |x|, or of x times one factor of x for each row: exports normalise in both ways. */
function beforeNormalisation(source: SourceModel, probe: Probe, name: string): string {
  const node = source.producers.get(name);
  if (node?.opType === 'LpNormalization') return behind(source, node.inputs[0]);
  if (node?.opType !== 'Div' && node?.opType !== 'Mul') return name;
  const [x, factor] = node.inputs;
  if (!dependsOn(source, factor, x)) return name;
  const perRow = node.opType === 'Div' || probe.shape(factor, rows).at(-1) === 1;
  return perRow ? behind(source, x) : name;
}

function dependsOn(source: SourceModel, name: string, on: string): boolean {
  const seen = new Set<string>([name]);
  for (const of of seen) {
    if (of === on) return true;
    source.producers.get(of)?.inputs.forEach((input) => seen.add(input));
  }
  return false;
}

function productOf(source: SourceModel, name: string): ModelNode | null {
  const node = source.producers.get(name);
  if (node?.opType === 'Add') {
    const bias = node.inputs.findIndex((input) => isOfWeights(source, input));
    if (bias === -1) return null;
    const sum = source.producers.get(behind(source, node.inputs[1 - bias]));
    return sum?.opType === 'MatMul' ? sum : null;
  }
  return node?.opType === 'MatMul' || node?.opType === 'Gemm' ? node : null;
}

/** Tell whether a value is a weight, which may be converted or transposed. */
function isOfWeights(source: SourceModel, name: string): boolean {
  if (source.weights.has(name)) return true;
  const node = source.producers.get(name);
  return (
    node !== undefined &&
    ['Identity', 'Cast', 'Transpose'].includes(node.opType) &&
    isOfWeights(source, node.inputs[0])
  );
}
