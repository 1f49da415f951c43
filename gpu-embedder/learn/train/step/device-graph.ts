import { copyNodes } from '../../onnx/copy-nodes.ts';
import { Graph } from '../../onnx/graph.ts';
import type { Value } from '../../onnx/graph.ts';
import { writeModel } from '../../onnx/model-proto.ts';
import * as op from '../../onnx/operators/index.ts';
import { portableOperators } from '../../onnx/portable-operators.ts';
import { appendAdamW } from './adamw-graph.ts';
import type { Pack, SlotArray } from './pack-parameters.ts';
import { packParameters, slotArrays } from './pack-parameters.ts';
import type { LossGraph } from './step.ts';

/** One array of a pack: it is fed under the name `input`, and comes out of the step as `output`. */
export interface PackPort {
  readonly pack: Pack;
  readonly array: SlotArray;
  readonly input: string;
  /** Null if the array never changes. */
  readonly output: string | null;
}

/** A whole training step as one model: forward, loss, backward and AdamW. */
export interface DeviceGraph {
  readonly model: Uint8Array;
  readonly ports: readonly PackPort[];
  /** Outputs. */
  readonly loss: string;
  readonly norm: string;
}

/** @param portable - replace operators that some devices lack by others */
export function buildDeviceGraph(lossGraph: LossGraph, portable: boolean): DeviceGraph {
  const g = new Graph();
  const inputs = new Map<string, Value>();
  const states = packParameters(lossGraph).map((pack, i) => {
    const arrays = pack.learns ? slotArrays : (['data'] as const);
    const before = Object.fromEntries(
      arrays.map((array) => [array, g.input(`${array} of pack ${i}`, [pack.length])]),
    ) as Record<SlotArray, Value>;
    for (const { name, shape, start, end } of pack.members) {
      inputs.set(name, op.Reshape(g, op.Slice(g, before.data, [start], [end], [0]), shape));
    }
    return { pack, arrays, before };
  });
  for (const { value } of lossGraph.graph.inputs) {
    if (!inputs.has(value.name)) {
      inputs.set(value.name, g.input(value.name, value.shape, value.dtype));
    }
  }
  const copyOf = copyNodes(lossGraph.graph, g, {
    inputs,
    instead: portable ? portableOperators : {},
  });
  const gradients = new Map(
    lossGraph.trained.map(({ parameter, gradient }) => [parameter.name, copyOf(gradient)]),
  );
  const updates = states
    .filter(({ pack }) => pack.learns)
    .map(({ pack, before }) => ({ pack, before, gradient: packGradients(g, pack, gradients) }));
  const { norm, after } = appendAdamW(g, updates);
  const ports = states.flatMap(({ pack, arrays, before }) =>
    arrays.map((array): PackPort => {
      const next = after.get(pack)?.[array];
      return {
        pack,
        array,
        input: before[array].name,
        output: next ? g.output(next).name : null,
      };
    }),
  );
  for (const { name, value } of lossGraph.statistics) g.output(copyOf(value), name);
  const loss = g.output(copyOf(lossGraph.loss));
  g.output(norm);
  return { model: writeModel(g), ports, loss: loss.name, norm: norm.name };
}

function packGradients(
  g: Graph,
  { members, length }: Pack,
  gradients: ReadonlyMap<string, Value>,
): Value {
  const parts = members.map(({ name, start, end }) =>
    op.Reshape(g, gradients.get(name)!, [end - start]),
  );
  const missing = length - members.at(-1)!.end;
  const filling = missing > 0 ? [g.constant(new Float32Array(missing), [missing])] : [];
  return op.Concat(g, [...parts, ...filling], 0);
}
