import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDataset } from '../../../../gpu-embedder/data/prepared/read-dataset.ts';
import type { PreparedDataset } from '../../../../gpu-embedder/data/prepared/read-dataset.ts';
import { writeReport } from '../../../../gpu-embedder/learn/train/report/write-report.ts';
import { writeTinyDataset } from '../../../setup/tiny-dataset.ts';
import { exampleQueries, stepRecord, writeRun } from './write-run.ts';

let dir: string;
let dataset: PreparedDataset;
const report = async (options: Parameters<typeof writeReport>[0]) =>
  readFileSync(await writeReport(options), 'utf8');
const shown = (html: string, name: string) =>
  [...html.matchAll(new RegExp(`<${name}[^>]*>([^<]*)`, 'g'))].map(([, text]) => text.trim());

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'diptych-report-'));
  await writeTinyDataset(join(dir, 'data'), 32);
  dataset = openDataset(join(dir, 'data'));
});
afterAll(() => rmSync(dir, { recursive: true }));

test('a finished run: final numbers, curves, pictures and configuration in one file', async () => {
  const runDir = join(dir, 'run');
  writeRun(runDir, exampleQueries(dataset));
  const html = await report({ runDir, dataset });
  expect(shown(html, 'dt')).toEqual([
    'Image R@1 / 5 / 10',
    'Text R@1 / 5 / 10',
    'Loss',
    'Steps',
    'Time',
    'Inside the model',
    'Memory, step 100 → end',
  ]);
  expect(shown(html, 'dd')[0]).toBe('21.6 / 47.1 / 59.9 %');
  // 2400 * 256 / 240 + 1600 * 512 / 1900 + 2000 * 256 / 130 seconds, within the noise.
  expect(shown(html, 'dd')[4]).toMatch(/^1:5[56]:\d\d h$/);
  expect(shown(html, 'td').filter((cell) => /^\d /.test(cell))).toEqual([
    '1 classification image',
    '2 infonce text',
    '3 infonce image+text',
  ]);
  expect(shown(html, 'figcaption').slice(0, 9)).toEqual([
    'Loss',
    'Image retrieval: text → image',
    'Text retrieval: image → text',
    'Learning rate',
    'Scale of the logits',
    'Gradient norm before clipping',
    'Speed',
    'Time inside the model',
    'Resident memory',
  ]);
  expect(shown(html, 'p').slice(0, 2)).toEqual(['Training report', 'Trained on data']);
  // The worst, then the best, none of them twice.
  const ranks = [...html.matchAll(/rank (\d+)</g)].map(([, rank]) => Number(rank));
  expect(ranks).toEqual([9, 8, 7, 6, 5, 4, 1, 1, 1, 1, 2, 3]);
  expect(html.match(/src="data:image\/png;base64,/g)!.length).toBeGreaterThan(ranks.length * 2);
  expect(shown(html, 'pre')[0]).toContain('&quot;emaDecay&quot;: 0.998');
});

test('markup comes out as text, and nothing is loaded', async () => {
  const runDir = join(dir, 'markup');
  writeRun(runDir, exampleQueries(dataset));
  const html = await report({ runDir, dataset });
  const attributes = [...html.matchAll(/\s(?:src|srcset|href)="([^"]{0,9})/g)];
  expect(attributes.length).toBeGreaterThan(20);
  expect(new Set(attributes.map(([, value]) => value))).toEqual(new Set(['data:imag']));
  expect(html.match(/<(script|link|iframe|img src=x)|@import|url\(/g)).toEqual([
    '<script',
    '<script',
  ]);
  expect(html.match(/http-equiv="Content-Security-Policy" content="(.+?) style/)![1]).toBe(
    'default-src &#39;none&#39;; img-src data:;',
  );
});

test('a run that goes on, without its data set', async () => {
  const runDir = join(dir, 'going');
  writeRun(runDir);
  rmSync(join(runDir, 'validation.json'));
  writeFileSync(join(runDir, 'log.jsonl'), `${JSON.stringify(stepRecord())}\n{"type":"st`);
  const html = await report({ runDir });
  expect(shown(html, 'dd').slice(0, 2)).toEqual(['4.000', '20 of 6,000']);
  expect(shown(html, 'figcaption')).toHaveLength(7);
  expect(html.match(/Trained on|validation sample/)).toBeNull();
});

test('queries without their data set are shown by the ids of their items', async () => {
  const runDir = join(dir, 'no-data');
  writeRun(runDir, exampleQueries(dataset));
  const html = await report({ runDir });
  expect(shown(html, 'bdi')).toContain(dataset.items[0].id);
});

test('a run that has just begun', async () => {
  const runDir = join(dir, 'new');
  writeRun(runDir);
  rmSync(join(runDir, 'log.jsonl'));
  expect(shown(await report({ runDir }), 'p')).toContain('The log has no record yet.');
});

test('what is no run is refused', async () => {
  const runDir = join(dir, 'damaged');
  await expect(writeReport({ runDir })).rejects.toMatchObject({ code: 'not_prepared' });
  writeRun(runDir);
  writeFileSync(join(runDir, 'config.json'), '{"modelId":');
  await expect(writeReport({ runDir })).rejects.toThrow('config.json: expected JSON');
  writeFileSync(join(runDir, 'config.json'), '{"modelId": "a"}');
  await expect(writeReport({ runDir })).rejects.toMatchObject({ code: 'invalid_option' });
});
