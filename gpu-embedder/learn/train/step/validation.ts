import { bestRank } from '../../../../src/metrics/best-rank.ts';
import { dot } from '../../../../src/metrics/dot.ts';
import { TrainableParameters } from '../../model/parameters.ts';
import { Graph } from '../../onnx/graph.ts';
import type { Tensor } from '../../onnx/session.ts';
import { tensor } from '../../onnx/session.ts';
import { featuresInput, gatherRows } from '../batch/feature-table.ts';
import { batchFeeds } from '../batch/batch-feeds.ts';
import type { Batch, BatchInputs } from '../batch/batches.ts';
import { towerInputs } from './loss-graph.ts';
import { openTrainingSession } from './open-training-session.ts';
import { plainImages, plainTexts } from '../batch/plain-batch.ts';
import type { ValidationQuery } from '../run/records.ts';
import type { SlotStore } from './slots.ts';
import type { Modality, Tower } from '../../model/tower.ts';
import type { TrainingModel } from '../run/training-model.ts';
import type { TrainingSet } from '../batch/training-set.ts';

export interface ValidationOutcome {
  readonly metrics: Readonly<Record<string, number>>;
  /** Worst first. */
  readonly queries: readonly ValidationQuery[];
  /** Milliseconds inside session.run. */
  readonly insideMs: number;
}

/** Measures retrieval on the validation sample with the averaged weights. */
export interface Validator {
  /** Returns null as long as a tower has not begun to train. */
  run(store: SlotStore): Promise<ValidationOutcome | null>;
  close(): Promise<void>;
}

/** Rows of one run. */
const rows = 50;

/** Open a validator over the sample of a training set: one caption for each image. */
export async function openValidator(
  set: TrainingSet,
  model: TrainingModel,
  inputs: BatchInputs,
  threads: number,
): Promise<Validator | null> {
  const { dataset, validation } = set;
  if (validation.length < 2) return null;
  const items = validation.map((i) => dataset.items[i]);
  const texts = validation.map((i) => validationText(set, i));
  const keys = items.map(({ id, concept }) => concept ?? `item:${id}`);
  const image = await openEmbedder(model, 'image', inputs, threads);
  const text = await openEmbedder(model, 'text', inputs, threads);
  const imageBatch = (from: number): Batch => {
    const part = validation.slice(from, from + rows);
    const { image: table } = inputs.features;
    if (table) return { [featuresInput('image')]: gatherRows(table, part, rows) };
    return plainImages(set, part, rows, inputs);
  };
  const textBatch = (from: number): Batch => {
    const part = texts.slice(from, from + rows);
    const { text: table } = inputs.features;
    if (table) {
      const found = part.map((caption) => table.rowOf!.get(caption)!);
      return { [featuresInput('text')]: gatherRows(table, found, rows) };
    }
    return plainTexts(part, rows, inputs.text);
  };
  return {
    run: async (store) => {
      const weights = { image: image.weights(store), text: text.weights(store) };
      if (!weights.image || !weights.text) return null;
      const clock = { insideMs: 0 };
      const images = await image.embed(weights.image, imageBatch, items.length, clock);
      const captions = await text.embed(weights.text, textBatch, items.length, clock);
      const imageRanks = ranksOf(captions, images, keys);
      const textRanks = ranksOf(images, captions, keys);
      const queries = texts
        .map((query, i): ValidationQuery => ({
          text: query,
          item: items[i].id,
          rank: imageRanks[i].rank,
          nearest: imageRanks[i].nearest.map(({ index, score }) => ({
            item: items[index].id,
            score,
          })),
        }))
        .sort((a, b) => b.rank - a.rank);
      const metrics = {
        ...recalls('image_retrieval', imageRanks),
        ...recalls('text_retrieval', textRanks),
      };
      return { metrics, queries, ...clock };
    },
    close: async () => {
      await image.close();
      await text.close();
    },
  };
}

/** Choose the caption that represents an image of the sample. */
export function validationText({ dataset }: Pick<TrainingSet, 'dataset'>, item: number): string {
  const { captions, concept, title } = dataset.items[item];
  const names = concept === undefined ? undefined : dataset.concepts.get(concept)?.names;
  return captions[0] ?? names?.[0] ?? title;
}

async function openEmbedder(
  model: TrainingModel,
  modality: Modality,
  inputs: BatchInputs,
  threads: number,
) {
  const g = new Graph();
  const p = new TrainableParameters(g, 1);
  const tower: Tower = model.tower(modality);
  const frozen = p.frozen();
  const features = inputs.features[modality]
    ? g.input(featuresInput(modality), [rows, tower.featureWidth])
    : tower.features(frozen, towerInputs(g, tower, rows));
  g.output(tower.head(frozen, features), 'embeds');
  const session = await openTrainingSession(g, { threads });
  return {
    /** Get the averaged weights; null if one has not begun to train. */
    weights: (store: SlotStore): Record<string, Tensor> | null => {
      const feeds: Record<string, Tensor> = {};
      for (const { name, shape } of p.list) {
        const data = store.get(name)?.average ?? model.weights.get(name)?.data;
        if (!data) return null;
        feeds[name] = tensor(data, shape);
      }
      return feeds;
    },
    embed: async (
      feeds: Record<string, Tensor>,
      batchFrom: (row: number) => Batch,
      count: number,
      clock: { insideMs: number },
    ): Promise<Float32Array[]> => {
      const embeddings: Float32Array[] = [];
      for (let from = 0; from < count; from += rows) {
        const batch = batchFeeds(g, batchFrom(from));
        const started = performance.now();
        const { embeds } = await session.run({ ...feeds, ...batch });
        clock.insideMs += performance.now() - started;
        const data = embeds.data as Float32Array;
        for (let row = 0; row < Math.min(rows, count - from); row++) {
          embeddings.push(data.slice(row * tower.embedDim, (row + 1) * tower.embedDim));
        }
      }
      return embeddings;
    },
    close: () => session.close(),
  };
}

/** Find for each query the rank of its first right answer, from 1, and the nearest items. */
function ranksOf(
  queries: readonly Float32Array[],
  gallery: readonly Float32Array[],
  keys: readonly string[],
): { rank: number; nearest: { index: number; score: number }[] }[] {
  return queries.map((query, q) => {
    const scores = gallery.map((candidate) => dot(query, candidate));
    const answers = keys.flatMap((key, i) => (key === keys[q] ? [i] : []));
    const nearest = scores
      .map((score, index) => ({ index, score }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 5);
    return { rank: 1 + bestRank(scores, answers), nearest };
  });
}

function recalls(task: string, ranks: readonly { rank: number }[]): Record<string, number> {
  return Object.fromEntries(
    [1, 5, 10].map((k) => [
      `${task}_recall@${k}`,
      ranks.filter(({ rank }) => rank <= k).length / ranks.length,
    ]),
  );
}
