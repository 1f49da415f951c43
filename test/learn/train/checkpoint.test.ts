import { mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Checkpoint } from '../../../gpu-embedder/learn/train/run/checkpoint.ts';
import {
  readCheckpoint,
  readNewestCheckpoint,
  writeCheckpoint,
} from '../../../gpu-embedder/learn/train/run/checkpoint.ts';

const path = () => join(mkdtempSync(join(tmpdir(), 'diptych-')), 'checkpoint.bin');
const checkpoint = (step: number): Checkpoint => ({
  stage: 1,
  stageStep: step - 10,
  step,
  slots: [
    {
      name: 'größe.weight',
      shape: [2, 2],
      decay: true,
      data: Float32Array.of(step, 2, 3, 4),
      m: Float32Array.of(5, 6, 7, 8),
      v: Float32Array.of(9, 10, 11, 12),
      average: Float32Array.of(13, 14, 15, 16),
    },
  ],
});

test('a checkpoint comes back as it was written', async () => {
  const file = path();
  await writeCheckpoint(file, checkpoint(12));
  expect(readCheckpoint(file)).toEqual(checkpoint(12));
});

test('a cut-off file is detected and the one before it is used', async () => {
  const file = path();
  await writeCheckpoint(file, checkpoint(20));
  await writeCheckpoint(file, checkpoint(40));
  truncateSync(file, readFileSync(file).length - 5);
  const warnings: string[] = [];
  expect(readNewestCheckpoint(file, (w) => warnings.push(w))).toEqual(checkpoint(20));
  expect(warnings.join()).toContain('cut off or damaged');
});

test('a flipped bit is detected', async () => {
  const file = path();
  await writeCheckpoint(file, checkpoint(20));
  const bytes = readFileSync(file);
  bytes[bytes.length - 50] ^= 1;
  writeFileSync(file, bytes);
  expect(() => readCheckpoint(file)).toThrow(/checksum differs/);
});

test('where all are damaged, the run is not started again', async () => {
  const file = path();
  await writeCheckpoint(file, checkpoint(20));
  await writeCheckpoint(file, checkpoint(40));
  for (const one of [file, `${file}.previous`]) truncateSync(one, 100);
  expect(() => readNewestCheckpoint(file, () => {})).toThrow(
    /expected a whole checkpoint .* train/,
  );
});

test('no checkpoint is no checkpoint', () => {
  expect(readNewestCheckpoint(path(), () => {})).toBeNull();
});
