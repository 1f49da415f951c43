import { readFile } from 'node:fs/promises';
import { DiptychError } from '../../../../src/errors.ts';
import type { TensorData } from '../../onnx/graph.ts';
import { readModel } from '../../onnx/model-proto.ts';
import type { ModelNode, ModelPort } from '../../onnx/model-proto.ts';
import type { Modality } from '../tower.ts';
import { embeddingsOutput } from '../../onnx/embeddings-output.ts';
import { constantValue, isWeight } from './constants.ts';

/** The ONNX file of a tower, as the import sees it. */
export interface SourceModel {
  readonly path: string;
  /** Version of the operators of the ONNX domain. */
  readonly opset: number;
  readonly inputs: readonly ModelPort[];
  /** Name of the embeddings. */
  readonly output: string;
  /** The nodes in an order in which they can run; Constant nodes are left out. */
  readonly nodes: readonly ModelNode[];
  readonly producers: ReadonlyMap<string, ModelNode>;
  /** Initialisers and the values of Constant nodes. */
  readonly constants: ReadonlyMap<string, TensorData>;
  /** Names of the constants that training may change. */
  readonly weights: ReadonlySet<string>;
  /** Names of the values that depend on the shapes of the inputs alone, not on numbers or weights. */
  readonly known: ReadonlySet<string>;
}

/**
 * Read a tower.
 *
 * @throws DiptychError `unreadable_model`
 */
export async function readSourceModel(
  path: string,
  modality: Modality,
): Promise<{ readonly source: SourceModel; readonly bytes: Uint8Array }> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new DiptychError(
      'unreadable_model',
      `${path}: expected an ONNX file, got ${cause.message}`,
      undefined,
      { cause },
    );
  });
  const parts = readModel(bytes, path);
  const output = embeddingsOutput(
    parts.outputs.map(({ name }) => name),
    modality,
    path,
  );
  const constants = new Map(parts.initializers);
  const nodes: ModelNode[] = [];
  for (const node of parts.nodes) {
    if (node.opType === 'Constant') constants.set(node.outputs[0], constantValue(node, path));
    else nodes.push(node);
  }
  const weights = new Set([...constants].filter(([, data]) => isWeight(data)).map(([key]) => key));
  const source = {
    path,
    opset: parts.opsets[''] ?? 1,
    inputs: parts.inputs,
    output,
    nodes,
    producers: new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node]))),
    constants,
    weights,
    known: knownValues(nodes, constants, weights),
  };
  return { source, bytes };
}

/** The results of these operators depend on a shape, so they are known even if the numbers are not. */
const shapeOnly = new Set(['Shape', 'Size']);

function knownValues(
  nodes: readonly ModelNode[],
  constants: ReadonlyMap<string, TensorData>,
  weights: ReadonlySet<string>,
): ReadonlySet<string> {
  const known = new Set<string>();
  const isKnown = (name: string): boolean =>
    name === '' || known.has(name) || (constants.has(name) && !weights.has(name));
  for (const { opType, inputs, outputs } of nodes)
    if (shapeOnly.has(opType) || (inputs.length > 0 && inputs.every(isKnown)))
      for (const name of outputs) if (name !== '') known.add(name);
  return known;
}
