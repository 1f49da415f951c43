import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareFolder } from '../../gpu-embedder/data/prepare/prepare-images.ts';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { writeTinyModel } from '../../gpu-embedder/learn/model/tiny-model.ts';
import type { SearchResponse } from '../../src/http/api.ts';
import { indexDataset } from '../setup/index-dataset.ts';
import { runDiptych } from './run-diptych.ts';

/** Colours, a title for the window, a bell, C1 controls, a turned direction, and line ends. */
const hostile = [
  'dog \u001b[31mred\u001b[0m \u001b]0;title\u0007',
  'dog \u009b31m \u007f \u202eturned\u202c \u2066\u2028.',
  'dog one\nline two\rthree\tfour',
];

const control = /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

let dir: string;
let model: string;
const at = (name: string): string => join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-terminal-'));
  model = at('model');
  await writeTinyModel(model, { seed: 3 });
  const rows = hostile.map((caption, i) => JSON.stringify({ image: `${i}.png`, caption }));
  for (const i of hostile.keys()) {
    const background = { r: 90 * i, g: 0, b: 0 };
    const image = sharp({ create: { width: 8, height: 8, channels: 3, background } });
    await image.png().toFile(at(`${i}.png`));
  }
  await writeFile(at('captions.jsonl'), rows.join('\n'));
  const from = { model, data: at('data'), collection: 'hostile' };
  await prepareFolder({
    images: dir,
    captions: at('captions.jsonl'),
    out: from.data,
    forModel: model,
  });
  const { dir: embeddings } = await encodeDataset({ ...from, out: at('embeddings'), threads: 1 });
  await indexDataset({ ...from, embeddings, out: at('index') });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('control characters', () => {
  const search = (...more: string[]) =>
    runDiptych('search', 'dog', '--model', model, '--index', at('index'), ...more);

  it('of captions are shown as escapes, a line a match', async () => {
    const { stdout } = await search();
    expect(stdout).not.toMatch(control);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^\S+ +\S+ +/, '')).sort()).toEqual([
      'dog \\u001b[31mred\\u001b[0m \\u001b]0;title\\u0007',
      'dog \\u009b31m \\u007f \\u202eturned\\u202c \\u2066\\u2028.',
      'dog one\\nline two\\rthree\\tfour',
    ]);
  });

  it('are escapes of JSON in JSON, which stays the same', async () => {
    const { stdout } = await search('--json');
    expect(stdout).not.toMatch(control);
    const { matches } = JSON.parse(stdout) as SearchResponse;
    expect(matches.map(({ metadata }) => metadata.title).sort()).toEqual([...hostile].sort());
  });

  it('of names are shown as escapes in messages', async () => {
    const { code, stderr } = await search('--index', at('\u001b[2Jnone\u009b'));
    expect(code).toBe(1);
    expect(stderr).toContain('\\u001b[2Jnone\\u009b');
    expect(stderr).not.toMatch(control);
  });
});
