/**
 * How well does the image tower of a training run know concepts on a style it never saw? Nearest
 * class prototype of each picture, before any text is aligned.
 *
 *     node --import tsx scripts/concept-accuracy.ts RUN_DIR DATA_DIR SET
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pixelNormalisation } from '../gpu-embedder/model/config.ts';
import { foldWeights } from '../gpu-embedder/model/fold.ts';
import { imageTower } from '../gpu-embedder/model/image-tower.ts';
import { StoredParameters } from '../gpu-embedder/model/parameters.ts';
import { Graph } from '../gpu-embedder/onnx/graph.ts';
import { writeModel } from '../gpu-embedder/onnx/model-proto.ts';
import { openSession, tensor } from '../gpu-embedder/onnx/session.ts';
import { plainView } from '../gpu-embedder/train/augment.ts';
import { readCheckpoint } from '../gpu-embedder/train/checkpoint.ts';
import { parseTrainConfig } from '../gpu-embedder/train/config.ts';
import { prototypesName } from '../gpu-embedder/train/loss-graph.ts';
import { loadTrainingSet } from '../gpu-embedder/train/training-set.ts';

const [runDir, dataDir, setName] = process.argv.slice(2);
const config = parseTrainConfig(
  JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8')),
  runDir,
);
if (!('architecture' in config)) throw new Error(`${runDir} is no run from scratch`);
const { embedDim, image } = config.architecture;
const { slots, step } = readCheckpoint(join(runDir, 'checkpoint.bin'));
const weights = new Map(slots.map(({ name, shape, average }) => [name, { shape, data: average }]));
const size = image.imageSize;

const training = loadTrainingSet(dataDir, config);
const { dataset } = training;
const classes = training.classes.map(
  ({ items }) => training.subjects[training.subjectOf[items[0]]].concept.id,
);
const emoji = new Set(classes.filter((id) => dataset.concepts.get(id)?.group !== undefined));
const prototypes = weights.get(prototypesName)!.data;

const items = dataset.items.flatMap((item, i) =>
  item.set === setName && emoji.has(item.concept ?? '') ? [i] : [],
);
const g = new Graph();
const input = g.input('pixels', [2, 3, size, size], 'float32', ['batch', 3, size, size]);
const embeds = imageTower(new StoredParameters(g, foldWeights(weights)), input, image, embedDim);
g.output(embeds, 'embeds', ['batch', embedDim]);
const session = await openSession(writeModel(g), { threads: 2 });

const hits = [1, 5, 10].map((k) => ({ k, count: 0 }));
const batch = 64;
for (let start = 0; start < items.length; start += batch) {
  const part = items.slice(start, start + batch);
  const plane = 3 * size * size;
  const data = new Float32Array(part.length * plane);
  part.forEach((i, row) => {
    const target = { size, out: data, offset: row * plane, normalisation: pixelNormalisation };
    plainView(training.picture(i), target);
  });
  const feed = tensor(data, [part.length, 3, size, size]);
  const embeddings = (await session.run({ pixels: feed }))['embeds'].data as Float32Array;
  part.forEach((i, row) => count(dataset.items[i].concept!, embeddings.subarray(row * embedDim)));
}

function count(concept: string, embedding: Float32Array): void {
  const scores = classes.map((id, c) => {
    if (!emoji.has(id)) return -Infinity;
    let [dot, norm] = [0, 0];
    for (let d = 0; d < embedDim; d++) {
      const w = prototypes[c * embedDim + d];
      dot += w * embedding[d];
      norm += w * w;
    }
    return dot / Math.sqrt(norm);
  });
  const own = scores[classes.indexOf(concept)];
  const rank = scores.filter((score) => score > own).length;
  for (const hit of hits) if (rank < hit.k) hit.count++;
}
const row = Object.fromEntries(hits.map(({ k, count }) => [`acc@${k}`, count / items.length]));
console.log(JSON.stringify({ run: runDir, step, set: setName, n: items.length, ...row }));
