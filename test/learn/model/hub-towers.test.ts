import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readTextTower } from '../../../gpu-embedder/learn/model/hub-towers/read-text-tower.ts';
import { openTowerGraph } from '../../../gpu-embedder/learn/model/hub-towers/tower-graph.ts';
import { modelProto } from '../../../gpu-embedder/learn/onnx/onnx-schema.ts';
import { decodeModel } from '../../../gpu-embedder/learn/onnx/read-model.ts';
import { writeHubModel } from '../../support/hub-models/write-hub-model.ts';

const contextLength = 16;
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-hub-towers-'));
});
afterAll(() => rm(root, { recursive: true }));

test('a node without counterpart is named', async () => {
  const dir = join(root, 'model');
  await rm(dir, { recursive: true, force: true });
  await writeHubModel(dir, 'clip');
  const path = join(dir, 'onnx/text_model.onnx');
  const readWith = async (from: string, to: string): Promise<unknown> => {
    const model = decodeModel(await readFile(path), path);
    const node = model.graph.node.map((each) => (each.opType === from ? { ...each, opType: to } : each)); // prettier-ignore
    const changed = join(dir, 'changed.onnx');
    await writeFile(
      changed,
      modelProto.encode({ ...model, graph: { ...model.graph, node } }).finish(),
    );
    return readTextTower(await openTowerGraph(changed, 'text'), { contextLength, end: null });
  };
  await expect(readWith('Softmax', 'LogSoftmax')).rejects.toThrow(
    /^LogSoftmax \S+: expected a softmax/,
  );
  await expect(readWith('Sigmoid', 'Softsign')).rejects.toThrow(/^Mul \S+: expected one of relu, quick-gelu/); // prettier-ignore
  await expect(readWith('ArgMax', 'ArgMin')).rejects.toThrow(/^GatherND \S+: expected the row of/);
});

test('weights are only read from files beside the model', async () => {
  const dir = join(root, 'model');
  await rm(dir, { recursive: true, force: true });
  await writeHubModel(dir, 'clip', { storage: 'external' });
  const path = join(dir, 'onnx/text_model.onnx');
  const bytes = (await readFile(path)).toString('latin1');
  await writeFile(path, bytes.replaceAll('text_model.onnx_data', '../t_model.onnx_data'), 'latin1');
  const read = async (): Promise<unknown> =>
    readTextTower(await openTowerGraph(path, 'text'), { contextLength, end: null });
  await expect(read()).rejects.toThrow(/expected a file beside the model, got "..\/t_model/);
  await writeFile(path, bytes, 'latin1');
  await truncate(join(dir, 'onnx/text_model.onnx_data'), 100);
  await expect(read()).rejects.toThrow(/tensor \S+: expected \d+ bytes from \d+ on/);
});
