import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  appendLog,
  readLog,
  truncateLog,
} from '../../../../gpu-embedder/learn/train/report/run-log.ts';
import { stepRecord, validationRecord } from './write-run.ts';

let dir: string;
let path: string;
const records = [
  stepRecord({ step: 20 }),
  stepRecord({ step: 40 }),
  validationRecord({ 'image_retrieval_recall@1': 0.1 }, 40),
  stepRecord({ step: 60 }),
];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'diptych-log-'));
  path = join(dir, 'log.jsonl');
  for (const record of records) appendLog(path, record);
});
afterEach(() => rmSync(dir, { recursive: true }));

test('a log is read as it was written', () => {
  expect(readLog(path)).toEqual(records);
  expect(readLog(join(dir, 'none.jsonl'))).toEqual([]);
});

test('a last line that was cut off at any byte is passed over', () => {
  const { length } = readFileSync(path);
  const last = JSON.stringify(records[3]).length;
  for (let cut = 2; cut <= last + 1; cut++) {
    truncateSync(path, length - cut);
    expect(readLog(path)).toEqual(records.slice(0, 3));
  }
});

test('a resumed run takes back what came after its checkpoint', () => {
  appendFileSync(path, '{"type":"step","st');
  truncateLog(path, 40);
  expect(readLog(path)).toEqual(records.slice(0, 3));
  appendLog(path, records[3]);
  expect(readLog(path)).toEqual(records);
});

test('a damaged line is named, unless nothing of the log is kept', () => {
  appendFileSync(path, '{"loss":1}\n');
  appendLog(path, records[0]);
  expect(() => readLog(path)).toThrow(
    `${path}:5: expected a record of type step or validation, got {"loss":1}`,
  );
  truncateLog(path, 0);
  expect(readLog(path)).toEqual([]);
});
