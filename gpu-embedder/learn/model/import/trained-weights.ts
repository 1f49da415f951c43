import { DiptychError } from '../../../../src/errors.ts';
import { gradients } from '../../autodiff/gradients.ts';
import { Graph } from '../../onnx/graph.ts';
import type { ModelNode } from '../../onnx/model-proto.ts';
import * as op from '../../onnx/operators/index.ts';
import { TrainableParameters } from '../parameters.ts';
import { findBlocks, firstUses } from './find-blocks.ts';
import type { TowerParts } from './build-tower.ts';
import { buildTower } from './build-tower.ts';
import { parameterName } from './weights.ts';

/** The part of an imported tower that trains: its head, its last blocks and the head, or all of it. */
export type TrainChoice = 'heads' | 'all' | { readonly last: number };

/**
 * Names (in the file) of the weights that a choice trains.
 *
 * @throws DiptychError `invalid_graph`: an operator on the way has no gradient rule; `invalid_option`
 */
export function chooseWeights(parts: TowerParts, train: TrainChoice): ReadonlySet<string> {
  const result = differentiate(parts, wantedWeights(parts, train));
  if (!(result instanceof DiptychError)) return result;
  const { source } = parts;
  const blocks = findBlocks(source).size;
  const smaller: readonly TrainChoice[] = [
    'heads',
    ...Array.from({ length: blocks }, (_, i) => ({ last: i + 1 })),
    'all',
  ];
  const possible = smaller.filter(
    (choice) => !(differentiate(parts, wantedWeights(parts, choice)) instanceof DiptychError),
  );
  throw new DiptychError(
    'invalid_graph',
    `${source.path}: train ${nameOf(train)}: ${result.message}; can be trained: ${possible.map(nameOf).join(', ') || 'nothing'}`,
    result.details,
    { cause: result },
  );
}

const nameOf = (choice: TrainChoice): string =>
  typeof choice === 'string' ? choice : `last:${choice.last}`;

/** A weight outside of the blocks belongs to the block around it in the order of the file. */
function wantedWeights({ source, split }: TowerParts, train: TrainChoice): ReadonlySet<string> {
  if (train === 'heads') return split.head;
  if (train === 'all') return new Set([...split.features, ...split.head]);
  const starts = [...findBlocks(source).values()];
  const start = starts.at(-train.last);
  if (start === undefined || !Number.isInteger(train.last) || train.last < 1) {
    throw new DiptychError(
      'invalid_option',
      `${source.path}: last: expected 1 to ${starts.length} of its blocks, got ${train.last}`,
    );
  }
  const uses = firstUses(source);
  const late = [...split.features].filter((name) => uses.get(name)! >= start);
  return new Set([...late, ...split.head]);
}

/** Build the gradients once. @returns the weights that have a gradient, or why there are none */
function differentiate(
  parts: TowerParts,
  wanted: ReadonlySet<string>,
): ReadonlySet<string> | DiptychError {
  const origins = new Map<string, ModelNode>();
  const tower = buildTower(parts, wanted, (name, node) => {
    if (!origins.has(name)) origins.set(name, node);
  });
  const p = new TrainableParameters(new Graph(), 0);
  const g = p.graph;
  const inputs = tower.inputs.map(({ name, shape, dtype }) => g.input(name, [2, ...shape], dtype));
  const embeds = tower.head(p, tower.features(p, inputs));
  const trained = p.list.filter(({ frozen }) => !frozen);
  try {
    const found = gradients(
      g,
      op.ReduceSum(g, embeds, [0, 1], false),
      trained.map(({ value }) => value),
    );
    const have = new Set(trained.filter((_, i) => found[i]).map(({ name }) => name));
    return new Set([...wanted].filter((name) => have.has(parameterName(parts.modality, name))));
  } catch (cause) {
    if (!(cause instanceof DiptychError)) throw cause;
    const node = origins.get(String(cause.details?.output));
    if (!node) return cause;
    const where = `${node.opType} ${node.name || node.outputs[0]}`;
    const details = { opType: node.opType, node: node.name };
    return new DiptychError('invalid_graph', `${where}: ${cause.message}`, details, { cause });
  }
}
