import type { Modality } from '../tower.ts';
import { widened } from '../../onnx/float16.ts';
import type { HeadCut } from './find-head.ts';
import type { SourceModel } from './source-model.ts';

export interface ImportedWeight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
  /** Weight decay applies: matrices of products, not embeddings, norms or biases. */
  readonly decay: boolean;
}

/** Weights by their names in the file. */
export interface TowerWeights {
  readonly features: ReadonlySet<string>;
  readonly head: ReadonlySet<string>;
}

/** Name of a weight among the parameters of a training graph. */
export const parameterName = (modality: Modality, name: string): string => `${modality}/${name}`;

/** The linear layer that training appends to a model that does not end in one. */
export const adapter = { weight: 'adapter.weight', bias: 'adapter.bias' } as const;

/** Split the weights that the embeddings depend on into those before and after the cut. */
export function splitWeights(source: SourceModel, cut: HeadCut | null): TowerWeights {
  if (!cut) return { features: weightsBehind(source, source.output), head: new Set() };
  return {
    features: weightsBehind(source, cut.features),
    head: weightsBehind(source, cut.projected, cut.features),
  };
}

function weightsBehind(source: SourceModel, name: string, end?: string): ReadonlySet<string> {
  const seen = new Set([name]);
  for (const of of seen) {
    if (of === end || source.known.has(of)) continue;
    source.producers.get(of)?.inputs.forEach((input) => seen.add(input));
  }
  return new Set([...seen].filter((of) => source.weights.has(of)));
}

/** Read weights of a file, as float32. */
export function readWeights(
  source: SourceModel,
  names: Iterable<string>,
): ReadonlyMap<string, ImportedWeight> {
  const weights = new Map<string, ImportedWeight>();
  for (const name of names) {
    const { shape, data } = widened(source.constants.get(name)!);
    weights.set(name, { shape, data: data as Float32Array, decay: isFactor(source, name) });
  }
  return weights;
}

/** Operators that pass on parts of a weight. */
const passThrough = new Set(
  ['Cast', 'Identity', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze'].concat(['Slice', 'Split']),
);
const products = new Set(['MatMul', 'Gemm', 'Conv']);

/** Tell whether a weight is used in products (or convolutions) alone. */
function isFactor(source: SourceModel, name: string): boolean {
  if (source.constants.get(name)!.shape.filter((dim) => dim > 1).length < 2) return false;
  const names = new Set([name]);
  const readers = new Set<string>();
  for (const { opType, inputs, outputs } of source.nodes) {
    if (!inputs.some((input) => names.has(input))) continue;
    if (passThrough.has(opType)) outputs.forEach((output) => names.add(output));
    else readers.add(opType);
  }
  return [...readers].every((opType) => products.has(opType));
}

/** Make the initial adapter: the identity. */
export function identityAdapter(width: number): ReadonlyMap<string, ImportedWeight> {
  const weight = new Float32Array(width * width);
  for (let i = 0; i < width; i++) weight[i * width + i] = 1;
  return new Map([
    [adapter.weight, { shape: [width, width], data: weight, decay: true }],
    [adapter.bias, { shape: [width], data: new Float32Array(width), decay: false }],
  ]);
}
