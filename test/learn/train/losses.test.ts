import { expect, test } from 'vitest';
import { TrainableParameters } from '../../../gpu-embedder/learn/model/parameters.ts';
import type { Value } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { Graph } from '../../../gpu-embedder/learn/onnx/graph.ts';
import { createRandom } from '../../../gpu-embedder/common/random.ts';
import { symmetricInfoNce } from '../../../gpu-embedder/learn/train/losses/infonce.ts';
import { logitScale } from '../../../gpu-embedder/learn/train/losses/pair-loss.ts';
import { pairwiseSigmoid } from '../../../gpu-embedder/learn/train/losses/sigmoid.ts';
import { contrastImages } from '../../../gpu-embedder/learn/train/losses/supervised-contrastive.ts';
import { runGraph } from '../onnx/run-graph.ts';

const [rows, width, scale] = [5, 4, 7];
const random = createRandom(11);
const unitRows = (): number[][] =>
  Array.from({ length: rows }, () => {
    const row = Array.from({ length: width }, () => random.normal());
    return row.map((x) => x / Math.hypot(...row));
  });
const images = unitRows();
const texts = unitRows();
// Images 0 and 3 show the same thing, and text 1 describes image 4 as well.
const positives = [
  [1, 0, 0, 1, 0],
  [0, 1, 0, 0, 0],
  [0, 0, 1, 0, 0],
  [1, 0, 0, 1, 0],
  [0, 1, 0, 0, 1],
];

const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, x, i) => sum + x * b[i], 0);
const mean = (values: readonly number[]): number =>
  values.reduce((sum, x) => sum + x, 0) / values.length;
const transpose = (m: number[][]): number[][] => m[0].map((_, j) => m.map((row) => row[j]));
const logSumExp = (row: readonly number[]): number =>
  Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0));
const logits = (a: number[][], b: number[][]): number[][] =>
  a.map((x) => b.map((y) => scale * dot(x, y)));

/** Mean over rows of the mean over positives of -log softmax. */
const crossEntropy = (scores: number[][], hits: number[][]): number =>
  mean(
    scores.map((row, i) => {
      const right = row.filter((_, j) => hits[i][j] === 1);
      return mean(right.map((x) => logSumExp(row) - x));
    }),
  );

type Loss = (p: TrainableParameters, a: Value, b: Value, s: Value, hits: Value) => Value;

async function evaluate(loss: Loss, hits = positives): Promise<number> {
  const g = new Graph();
  const p = new TrainableParameters(g, 1);
  const shape = [rows, width];
  const [a, b] = [g.input('images', shape), g.input('texts', shape)];
  const value = loss(p, a, b, logitScale(p, Math.log(scale)), g.input('hits', [rows, rows]));
  g.output(value, 'loss');
  const feeds = { images: images.flat(), texts: texts.flat(), hits: hits.flat() };
  const weights = Object.fromEntries(p.list.map(({ name, data }) => [name, [...data]]));
  const declared = new Set(g.inputs.map((input) => input.value.name));
  const fed = Object.entries({ ...feeds, ...weights }).filter(([name]) => declared.has(name));
  return (await runGraph(g, Object.fromEntries(fed))).loss.data[0];
}

test('InfoNCE spreads a row over its positives, both ways', async () => {
  const scores = logits(images, texts);
  const expected =
    (crossEntropy(scores, positives) + crossEntropy(transpose(scores), transpose(positives))) / 2;
  expect(await evaluate(symmetricInfoNce)).toBeCloseTo(expected, 5);
});

test('the sigmoid loss decides about every pair', async () => {
  const expected = logits(images, texts)
    .flatMap((row, i) =>
      row.map((x, j) => Math.log1p(Math.exp(-(positives[i][j] * 2 - 1) * (x - 10)))),
    )
    .reduce((sum, x) => sum + x, 0);
  expect(await evaluate(pairwiseSigmoid)).toBeCloseTo(expected / rows, 5);
});

test('the supervised contrastive loss leaves an image itself out', async () => {
  const others = [
    [0, 0, 0, 1, 0],
    [0, 0, 1, 0, 1],
    [0, 1, 0, 0, 1],
    [1, 0, 0, 0, 0],
    [0, 1, 1, 0, 0],
  ];
  const scores = logits(images, images).map((row, i) => row.with(i, -Infinity));
  const loss: Loss = (p, a, _b, _s, hits) => contrastImages(p, a, hits, scale);
  expect(await evaluate(loss, others)).toBeCloseTo(crossEntropy(scores, others), 5);
});
