/**
 * How well does the image tower of a training run know concepts, before any text is aligned? This
 * finds the nearest class prototypes of pictures that were not trained on: the pictures of a set, or
 * those that the run holds out of its training sets. Choose settings by the latter, because their
 * styles are not validation styles.
 *
 *     node --import tsx scripts/concept-accuracy.ts RUN_DIR DATA_DIR [SET] [CHECKPOINT]
 *
 * Pictures have the size of the run's current stage.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pixelNormalisation } from '../gpu-embedder/common/model-folder/config.ts';
import { foldWeights } from '../gpu-embedder/learn/model/fold.ts';
import { imageTower } from '../gpu-embedder/learn/model/image-tower.ts';
import { StoredParameters } from '../gpu-embedder/learn/model/parameters.ts';
import { Graph } from '../gpu-embedder/learn/onnx/graph.ts';
import { writeModel } from '../gpu-embedder/learn/onnx/model-proto.ts';
import { openSession, tensor } from '../gpu-embedder/learn/onnx/session.ts';
import { plainView } from '../gpu-embedder/learn/train/batch/render-view.ts';
import { readCheckpoint } from '../gpu-embedder/learn/train/run/checkpoint.ts';
import { parseTrainConfig } from '../gpu-embedder/learn/train/recipe/config.ts';
import { prototypesName } from '../gpu-embedder/learn/train/losses/classification.ts';
import { loadTrainingSet } from '../gpu-embedder/learn/train/batch/training-set.ts';

const [runDir, dataDir, setName = 'held-out', checkpoint = 'checkpoint.bin'] =
  process.argv.slice(2);
const config = parseTrainConfig(
  JSON.parse(readFileSync(join(runDir, 'config.json'), 'utf8')),
  runDir,
);
if (!('architecture' in config)) throw new Error(`${runDir}: expected a run from scratch`);
const { embedDim, image } = config.architecture;
const { slots, step, stage } = readCheckpoint(join(runDir, checkpoint));
const weights = new Map(slots.map(({ name, shape, average }) => [name, { shape, data: average }]));
const size = config.stages[stage].imageSize ?? image.imageSize;

const training = loadTrainingSet(dataDir, config);
const { dataset } = training;
const classes = training.classes.map(({ items: [first] }) => dataset.items[first].concept);
const prototypes = weights.get(prototypesName)!.data;
const known = new Set(classes);
const isEmoji = (i: number) =>
  dataset.concepts.get(dataset.items[i].concept ?? '')?.group !== undefined;
const drawn =
  setName === 'held-out'
    ? training.validation
    : [...dataset.items.keys()].filter((i) => dataset.items[i].set === setName);
const items = drawn.filter((i) => known.has(dataset.items[i].concept));

const g = new Graph();
const input = g.input('pixels', [2, 3, size, size], 'float32', ['batch', 3, size, size]);
const embeds = imageTower(new StoredParameters(g, foldWeights(weights)), input, image, embedDim);
g.output(embeds, 'embeds', ['batch', embedDim]);
const session = await openSession(writeModel(g), { threads: 1 });

const ks = [1, 5, 10] as const;
const ranks: { readonly emoji: boolean; readonly rank: number }[] = [];
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
  part.forEach((i, row) =>
    ranks.push({
      emoji: isEmoji(i),
      rank: rankOf(dataset.items[i].concept, embeddings.subarray(row * embedDim)),
    }),
  );
}

/** Count the prototypes that are nearer than the right one. */
function rankOf(concept: string | undefined, embedding: Float32Array): number {
  const scores = classes.map((_, c) => {
    let [dot, norm] = [0, 0];
    for (let d = 0; d < embedDim; d++) {
      const w = prototypes[c * embedDim + d];
      dot += w * embedding[d];
      norm += w * w;
    }
    return dot / Math.sqrt(norm);
  });
  const own = scores[classes.indexOf(concept)];
  return scores.filter((score) => score > own).length;
}

for (const kind of ['emoji', 'icons']) {
  const own = ranks.filter(({ emoji }) => emoji === (kind === 'emoji'));
  const row = ks.map((k) => [`acc@${k}`, own.filter(({ rank }) => rank < k).length / own.length]);
  const what = { run: runDir, step, set: setName, kind, n: own.length };
  console.log(JSON.stringify({ ...what, ...Object.fromEntries(row) }));
}
