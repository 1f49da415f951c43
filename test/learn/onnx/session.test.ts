import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../../../gpu-embedder/learn/onnx/model-proto.ts';
import * as op from '../../../gpu-embedder/learn/onnx/operators/index.ts';
import { openSession, tensor } from '../../../gpu-embedder/learn/onnx/session.ts';

function doubling(): Uint8Array {
  const g = new Graph();
  const x = g.input('x', [2], 'float32', ['n']);
  g.output(op.Mul(g, x, 2), 'twice', ['n']);
  g.output(op.Neg(g, x), 'negative', ['n']);
  return writeModel(g);
}

test('runs a model from a file and computes the outputs that are asked for', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'diptych-'));
  const path = join(dir, 'model.onnx');
  await writeFile(path, doubling());
  const session = await openSession(path, { threads: 1 });
  expect(session.inputNames).toEqual(['x']);
  expect(session.outputNames).toEqual(['twice', 'negative']);
  const feeds = { x: tensor(Float32Array.of(1, 2, 3), [3]) };
  expect(Object.keys(await session.run(feeds))).toEqual(['twice', 'negative']);
  const results = await session.run(feeds, ['twice']);
  expect(Object.keys(results)).toEqual(['twice']);
  expect(results.twice.data).toEqual(Float32Array.of(2, 4, 6));
  await session.close();
  await rm(dir, { recursive: true });
});

test('writes into the tensors that are passed to receive outputs', async () => {
  const session = await openSession(doubling(), { threads: 1 });
  const received = new Float32Array(2);
  await session.run({ x: tensor(Float32Array.of(4, 5), [2]) }, { twice: tensor(received, [2]) });
  expect(received).toEqual(Float32Array.of(8, 10));
  await session.close();
});

test('says which model cannot be opened', async () => {
  const opening = openSession(new Uint8Array(7));
  await expect(opening).rejects.toThrow('model of 7 bytes: onnxruntime cannot open it');
  await expect(opening).rejects.toMatchObject({ code: 'unreadable_model' });
  await expect(openSession('/nowhere/model.onnx')).rejects.toThrow('/nowhere/model.onnx: ');
});
