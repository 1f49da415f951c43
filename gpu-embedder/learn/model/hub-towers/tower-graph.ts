import { readFile } from 'node:fs/promises';
import { DiptychError } from '../../../../src/errors.ts';
import { decodeModel } from '../../onnx/read-model.ts';
import type {
  AttributeMessage,
  ModelMessage,
  NodeMessage,
  TensorMessage,
} from '../../onnx/onnx-schema.ts';
import { embeddingsOutput } from '../../onnx/embeddings-output.ts';
import type { Modality } from '../tower.ts';
import { NotUnderstood } from './not-understood.ts';

/**
 * The graph of a tower as its file holds it, with questions about it. A value is *fixed* if it
 * depends on weights and on the lengths of the inputs alone.
 */
export interface TowerGraph {
  readonly path: string;
  readonly model: ModelMessage;
  /** Name of the embeddings. */
  readonly output: string;
  readonly initializers: ReadonlyMap<string, TensorMessage>;
  /** Names of the inputs that must be fed. */
  readonly inputs: readonly string[];
  /** The node that computes a value; undefined for inputs and weights. */
  producer(name: string): NodeMessage | undefined;
  /** The node that computes a value. @throws NotUnderstood if there is none */
  node(name: string, expected: string): NodeMessage;
  /** The nodes that read a value. */
  readers(name: string): readonly NodeMessage[];
  isFixed(name: string): boolean;
  /** Go back over nodes that only convert, reshape or reorder a value. */
  behind(name: string): string;
  /** Whether a value is computed from another one. */
  dependsOn(name: string, on: string): boolean;
}

/** The results of these operators depend on lengths alone. */
const ofLengths = new Set(['Shape', 'Size']);

const layout = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Transpose',
]);

/** @throws DiptychError `unreadable_model` */
export async function openTowerGraph(path: string, modality: Modality): Promise<TowerGraph> {
  const bytes = await readFile(path).catch((cause: Error) => {
    const message = `${path}: expected an ONNX file, got ${cause.message}`;
    throw new DiptychError('unreadable_model', message, undefined, { cause });
  });
  const model = decodeModel(bytes, path);
  const { graph } = model;
  const initializers = new Map(graph.initializer.map((message) => [message.name, message]));
  const producers = new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node])));
  const fixed = new Set<string>(['', ...initializers.keys()]);
  for (const { opType, input, output } of graph.node)
    if (ofLengths.has(opType) || input.every((name) => fixed.has(name)))
      for (const name of output) fixed.add(name);
  const producer = (name: string): NodeMessage | undefined => producers.get(name);
  const names = graph.output.map(({ name }) => name);
  return {
    path,
    model,
    output: embeddingsOutput(names, modality, path),
    initializers,
    inputs: graph.input.map(({ name }) => name).filter((name) => !initializers.has(name)),
    producer,
    node(name, expected) {
      const found = producer(name);
      if (!found) throw new NotUnderstood(`input ${name}`, expected);
      return found;
    },
    readers: (name) => graph.node.filter(({ input }) => input.includes(name)),
    isFixed: (name) => fixed.has(name),
    behind(name) {
      let at = name;
      for (let node = producer(at); node && layout.has(node.opType); node = producer(at))
        at = node.input[0];
      return at;
    },
    dependsOn(name, on) {
      const seen = new Set([name]);
      for (const of of seen) {
        if (of === on) return true;
        producer(of)?.input.forEach((input) => seen.add(input));
      }
      return false;
    },
  };
}

export function attributeOf(node: NodeMessage, name: string): AttributeMessage | undefined {
  return node.attribute.find((attribute) => attribute.name === name);
}
