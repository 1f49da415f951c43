import { expect, test } from 'vitest';
import type { Parameter } from '../../../gpu-embedder/learn/model/parameters.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import type { Slot } from '../../../gpu-embedder/learn/train/step/adamw.ts';
import {
  fillPack,
  packParameters,
  unpack,
} from '../../../gpu-embedder/learn/train/step/pack-parameters.ts';
import type { LossGraph } from '../../../gpu-embedder/learn/train/step/step.ts';

function graphOf(parameters: readonly Pick<Parameter, 'name' | 'shape' | 'decay' | 'frozen'>[]) {
  const graph = new Graph();
  const loss = graph.input('loss', []);
  const full = parameters.map((parameter) => ({
    ...parameter,
    data: new Float32Array(0),
    value: graph.input(parameter.name, parameter.shape),
  }));
  const trained = full
    .filter(({ frozen }) => !frozen)
    .map((parameter) => ({ parameter, gradient: parameter.value }));
  return { graph, loss, parameters: full, trained, statistics: [] } satisfies LossGraph;
}

const learning = (name: string, ...shape: number[]) => ({
  name,
  shape,
  decay: shape.length > 1,
  frozen: false,
});
const membersOf = (parameters: Parameters<typeof graphOf>[0]) =>
  packParameters(graphOf(parameters)).map(({ members }) => members.map(({ name }) => name));

test('what is updated alike shares a pack', () => {
  expect(
    membersOf([
      learning('a.weight', 4, 4),
      learning('a.bias', 4),
      { ...learning('frozen.weight', 4, 4), frozen: true },
      learning('b.weight', 4, 4),
      { ...learning('frozen.bias', 4), frozen: true },
      learning('logit_scale', 1),
    ]),
  ).toEqual([
    ['a.weight', 'b.weight'],
    ['a.bias'],
    ['frozen.weight', 'frozen.bias'],
    ['logit_scale'],
  ]);
});

test('a pack ends where it would grow too large; a large parameter has one of its own', () => {
  const million = 2 ** 20;
  expect(
    membersOf([
      learning('a', million, 3),
      learning('b', million, 1),
      learning('c', million, 1),
      learning('d', million, 9),
      learning('e', million, 1),
    ]),
  ).toEqual([['a', 'b'], ['c'], ['d'], ['e']]);
});

test('packed numbers come back to the slots that they are from', () => {
  const [pack] = packParameters(graphOf([learning('a', 2, 2), learning('b', 1, 3)]));
  const slot = (data: number[]) => ({ data: Float32Array.from(data) }) as unknown as Slot;
  const from = new Map([
    ['a', slot([1, 2, 3, 4])],
    ['b', slot([5, 6, 7])],
  ]);
  const to = new Map([
    ['a', slot([0, 0, 0, 0])],
    ['b', slot([0, 0, 0])],
  ]);
  unpack(pack, 'data', fillPack(pack, 'data', from), to);
  expect(to).toEqual(from);
});
