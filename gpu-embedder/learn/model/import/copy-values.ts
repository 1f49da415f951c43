import { DiptychError } from '../../../../src/errors.ts';
import type { Graph, TensorData, Value } from '../../onnx/graph.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';
import { widened } from '../../onnx/float16.ts';
import type { Probe } from './probe-model.ts';
import type { SourceModel } from './source-model.ts';
import { translations } from './translations.ts';
import { valueType } from './value-types.ts';

export interface CopyTarget {
  readonly graph: Graph;
  /** The number of rows that the graph is built for. */
  readonly rows: number;
  /** Values that the graph has already, by their names in the source. */
  readonly bound: ReadonlyMap<string, Value>;
  weight(name: string): Value;
  /** Called for each node that is appended. @param name - its first output in the graph */
  copied?(name: string, node: ModelNode): void;
}

/** Operators whose output shape depends on numbers: a graph of a fixed size cannot hold it. */
const dataDependent = new Set(['NonZero', 'Unique', 'Compress', 'NonMaxSuppression']);

/**
 * Append the nodes that compute a value of a model to a graph. Nodes are rewritten for our operator
 * set and our gradient rules.
 *
 * @throws DiptychError `unreadable_model`
 */
export function copyValue(
  source: SourceModel,
  probe: Probe,
  target: CopyTarget,
  name: string,
): Value {
  const { graph: g, rows } = target;
  const values = new Map(target.bound);

  const constant = (tensor: TensorData): Value => {
    const { dtype, shape, data } = widened(tensor);
    return g.constant(data, shape, dtype);
  };
  const known = (of: string): TensorData | null =>
    source.constants.get(of) ?? probe.constant(of, rows);

  const find = (of: string): Value => {
    if (source.weights.has(of)) return target.weight(of);
    const tensor = known(of);
    if (tensor) return constant(tensor);
    const node = source.producers.get(of);
    if (!node) {
      throw new DiptychError('unreadable_model', `${source.path}: ${of}: no node computes it`);
    }
    copyNode(node);
    return values.get(of)!;
  };
  const value = (of: string): Value => {
    const found = values.get(of) ?? find(of);
    values.set(of, found);
    return found;
  };

  const copyNode = (node: ModelNode): void => {
    const { opType, domain, inputs, attributes, outputs } = node;
    if (dataDependent.has(opType)) {
      throw new DiptychError(
        'unreadable_model',
        `${source.path}: ${opType} ${node.name}: expected operators whose shapes follow from those of the inputs`,
      );
    }
    const operands = (): (Value | null)[] => inputs.map((of) => (of === '' ? null : value(of)));
    const ports = () => {
      const types = operands().map((operand) => operand?.dtype ?? null);
      return outputs.map((of, i) => ({
        shape: of === '' ? [] : probe.shape(of, rows),
        dtype: valueType(node, i, types),
      }));
    };
    const before = g.nodes.length;
    const translated = translations[opType]?.(g, {
      node,
      opset: source.opset,
      input: (i) => value(inputs[i]),
      has: (i) => Boolean(inputs[i]),
      numbers: (i) => {
        const tensor = inputs[i] ? known(inputs[i]) : null;
        return tensor && Array.from(widened(tensor).data, Number);
      },
      shape: (i = 0) => probe.shape(outputs[i], rows),
    });
    const results = translated ?? g.append(opType, operands(), attributes, ports(), domain);
    outputs.forEach((of, i) => values.set(of, results[i]));
    for (const { outputs: made } of g.nodes.slice(before)) target.copied?.(made[0].name, node);
  };
  // The order of the file guarantees the inputs of a node. Chains are too long for recursion.
  const needed = neededNodes(source, name, (of) => values.has(of) || known(of) !== null);
  for (const node of source.nodes) if (needed.has(node)) copyNode(node);
  return value(name);
}

/** Find the nodes that compute a value, back to values that the graph has already. */
function neededNodes(
  source: SourceModel,
  name: string,
  isThere: (name: string) => boolean,
): ReadonlySet<ModelNode> {
  const needed = new Set<ModelNode>();
  const open = [name];
  for (let of = open.pop(); of !== undefined; of = open.pop()) {
    const node = source.producers.get(of);
    if (!node || needed.has(node) || isThere(of)) continue;
    needed.add(node);
    open.push(...node.inputs);
  }
  return needed;
}
