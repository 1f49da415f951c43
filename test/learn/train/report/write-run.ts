import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PreparedDataset } from '../../../../gpu-embedder/data/prepared/read-dataset.ts';
import type {
  LogRecord,
  StepRecord,
  ValidationQuery,
  ValidationRecord,
} from '../../../../gpu-embedder/learn/train/run/records.ts';
import { appendLog } from '../../../../gpu-embedder/learn/train/report/run-log.ts';
import { createRandom } from '../../../../gpu-embedder/common/random.ts';

export const stepRecord = (values: Partial<StepRecord> = {}): StepRecord => ({
  type: 'step',
  step: 20,
  stage: 0,
  loss: 4,
  scale: 20,
  learningRate: 1e-3,
  gradientNorm: 1,
  imagesPerSecond: 200,
  busy: 0.95,
  rss: 1.2e9,
  ...values,
});

export const validationRecord = (
  metrics: ValidationRecord['metrics'],
  step = 20,
): ValidationRecord => ({ type: 'validation', step, stage: 0, metrics });

/** Markup where people write: it must come out as text. */
export const markup = '</script><img src=x onerror="document.title=1"> & cake';

/** Twelve queries, of ranks 9 to 1; the text of the second is markup. */
export function exampleQueries({ items }: PreparedDataset): ValidationQuery[] {
  return Array.from({ length: 12 }, (_, i) => ({
    text: i === 1 ? markup : items[i].title,
    item: items[i].id,
    rank: Math.max(1, 9 - i),
    nearest: [0, 1, 2, 3, 4].map((k) => ({
      item: items[(i + k + (i < 8 ? 1 : 0)) % items.length].id,
      score: 0.6 - 0.05 * k,
    })),
  }));
}

const architecture = {
  embedDim: 256,
  image: { kind: 'cnn', imageSize: 64, stem: 4, channels: [64, 128, 256], blocks: [2, 2, 2] },
  text: { kind: 'transformer', vocabSize: 5120, contextLength: 16, width: 192, depth: 3, heads: 6, mlpRatio: 4 }, // prettier-ignore
};

const stages = [
  { loss: 'classification', train: ['image'], steps: 2400, batch: 256, imageSize: 48, learningRate: 3e-3, clipNorm: 1, speed: 240, from: 7.9, to: 2.1 }, // prettier-ignore
  { loss: 'infonce', train: ['text'], steps: 1600, batch: 512, learningRate: 2e-3, clipNorm: 1, speed: 1900, from: 6.2, to: 3.4 }, // prettier-ignore
  { loss: 'infonce', train: ['image', 'text'], steps: 2000, batch: 256, imageSize: 64, learningRate: 5e-4, clipNorm: 1, speed: 130, from: 3.1, to: 1.7 }, // prettier-ignore
] as const;

/** Write a run folder of three stages as training would leave it, its curves made up. */
export function writeRun(runDir: string, queries: readonly ValidationQuery[] = []): void {
  mkdirSync(runDir, { recursive: true });
  const config = {
    modelId: `pictogram ${markup}`,
    seed: 1,
    architecture,
    stages: stages.map(({ speed: _speed, from: _from, to: _to, ...stage }) => stage),
    emaDecay: 0.998,
  };
  writeFileSync(join(runDir, 'config.json'), JSON.stringify(config));
  writeFileSync(join(runDir, 'log.jsonl'), '');
  for (const record of records()) appendLog(join(runDir, 'log.jsonl'), record);
  writeFileSync(join(runDir, 'validation.json'), JSON.stringify(queries));
}

function* records(): Generator<LogRecord> {
  const random = createRandom(7);
  const around = (value: number, share: number) => value * (1 + share * (random.uniform() - 0.5));
  let step = 0;
  for (const [stage, { steps, learningRate, speed, from, to }] of stages.entries()) {
    for (let done = 20; done <= steps; done += 20) {
      step += 20;
      const part = done / steps;
      yield stepRecord({
        step,
        stage,
        loss: around(to + (from - to) * Math.exp(-5 * part), 0.12),
        scale: stage === 0 ? 20 : 20 + 6 * stage * part,
        learningRate:
          learningRate * Math.min(done / 100, 0.5 * (1.04 + 0.96 * Math.cos(Math.PI * part))),
        gradientNorm: around(0.6 + 3 * Math.exp(-9 * part), 0.8),
        imagesPerSecond: around(speed, 0.1),
        busy: around(0.95, 0.04),
        rss: around(1.31e9, 0.02),
      });
      if (stage > 0 && done % 200 === 0) yield validation(step, stage - 1 + part);
    }
  }
}

/** @param progress - 0 to 2 */
function validation(step: number, progress: number): ValidationRecord {
  const recall = (best: number) => best * (1 - Math.exp(-2 * progress));
  const metrics = Object.fromEntries(
    [1, 5, 10].flatMap((k, i) => [
      [`image_retrieval_recall@${k}`, recall([0.22, 0.48, 0.61][i])],
      [`text_retrieval_recall@${k}`, recall([0.19, 0.42, 0.55][i])],
    ]),
  );
  return validationRecord(metrics, step);
}
