import { writeFileSync } from 'node:fs';

/** A small model that trains in milliseconds a step. */
export const tinyArchitecture = {
  embedDim: 16,
  image: { kind: 'cnn', imageSize: 16, stem: 4, channels: [8, 8], blocks: [1, 1] },
  text: {
    kind: 'transformer',
    vocabSize: 300,
    contextLength: 8,
    width: 16,
    depth: 1,
    heads: 2,
    mlpRatio: 2,
  },
};

/** Write a recipe of these stages; what a stage does not say is small. */
export function writeRecipe(path: string, stages: readonly object[], more: object = {}): void {
  const stage = { steps: 4, batch: 6, learningRate: 0.003, warmupSteps: 1 };
  const recipe = {
    modelId: 'tiny',
    architecture: tinyArchitecture,
    validation: { items: 4, from: 'train' },
    stages: stages.map((own) => ({ ...stage, ...own })),
    ...more,
  };
  writeFileSync(path, JSON.stringify(recipe));
}
