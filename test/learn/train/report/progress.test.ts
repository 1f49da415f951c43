import { expect, test } from 'vitest';
import { barLine, plainLine } from '../../../../gpu-embedder/common/progress.ts';
import { clock, timeLeft } from '../../../../gpu-embedder/common/time-left.ts';
import { stageLabel, stageSchema } from '../../../../gpu-embedder/learn/train/recipe/config.ts';
import { trainingLine } from '../../../../gpu-embedder/learn/train/report/training-line.ts';
import { validationRecord, stepRecord } from './write-run.ts';

const stage = stageSchema.parse({ loss: 'infonce', steps: 100, batch: 8, learningRate: 1e-3 });
const label = stageLabel(stage);
const record = stepRecord({ loss: 2.34512, imagesPerSecond: 240.7 });
const validation = validationRecord({
  'image_retrieval_recall@1': 0.12,
  'image_retrieval_recall@5': 0.34,
  'image_retrieval_recall@10': 1,
});

test('the training line says stage, loss, recall and speed', () => {
  expect(trainingLine(record, validation, label)).toBe(
    'infonce image+text | loss 2.345 | val R@1/5/10 .12/.34/1.00 | 241 img/s',
  );
  expect(
    trainingLine(record, null, stageLabel({ ...stage, loss: 'sigmoid', train: ['text'] })),
  ).toBe('sigmoid text | loss 2.345 | 241 captions/s');
});

test('a line of a terminal fits its width and keeps the time left', () => {
  const note = trainingLine(record, validation, label);
  const state = { label: 'train', done: 420, total: 1000, note, left: 750 };
  expect(barLine(state, 120)).toBe(`train ${'█'.repeat(9)}${'░'.repeat(14)} 42% | ${note} | 12:30 left`); // prettier-ignore
  expect(barLine(state, 80)).toBe(
    `train ${'█'.repeat(6)}${'░'.repeat(10)} 42% | loss 2.345 | val R@1/5/10 .12/.34/1.00 | 12:30 left`,
  );
  expect(barLine(state, 60)).toMatch(/^train █+░+ 42% \| loss 2\.345 \| 12:30 left$/);
  for (let columns = 40; columns <= 130; columns++) {
    expect(barLine(state, columns).length).toBeLessThanOrEqual(columns);
  }
  expect(barLine({ ...state, note: '', left: null }, 40)).toBe(`train ${'█'.repeat(8)}${'░'.repeat(13)} 42% 420/1000`); // prettier-ignore
});

test('a line elsewhere counts the units', () => {
  const state = { label: 'index', done: 500, total: 1000, note: '', left: 9.4 };
  expect(plainLine(state)).toBe('index 50% 500/1000 | 0:09 left');
  expect(plainLine({ ...state, done: 1000 })).toBe('index 100% 1000/1000');
});

test('the time left follows the speed of the last minute', () => {
  let now = 0;
  const left = timeLeft(10_000, () => now);
  const advance = (seconds: number, from: number, perSecond: number) => {
    for (let s = 1; s <= seconds; s++) {
      now += 1000;
      left.update(from + s * perSecond);
    }
  };
  expect(left.seconds()).toBeNull();
  // A resumed run begins in the middle: what was done before is no speed.
  left.update(5000);
  expect(left.seconds()).toBeNull();
  advance(100, 5000, 20);
  expect(left.seconds()).toBeCloseTo(150);
  advance(60, 7000, 2);
  expect(left.seconds()).toBeCloseTo(1440);
  now += 30_000;
  expect(left.seconds()).toBeCloseTo(1410);
});

test('updates that are minutes apart still give a time', () => {
  let now = 0;
  const left = timeLeft(100, () => now);
  for (const done of [0, 10, 20]) {
    left.update(done);
    now += 120_000;
  }
  expect(left.seconds()).toBeCloseTo(8 * 120 - 120);
});

test('a clock shows minutes, and hours where there are any', () => {
  expect([9, 750, 3599.6, 3930].map(clock)).toEqual(['0:09', '12:30', '1:00:00', '1:05:30']);
});
