import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunningWorker } from '../../../gpu-embedder/operate/dev/start-worker.ts';
import { startWorker } from '../../../gpu-embedder/operate/dev/start-worker.ts';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import { diptychIn } from '../../cli/run-diptych.ts';

/** Runs the commands that a user types, from a folder of pictures to an answer over HTTP. */
const cwd = mkdtempSync(join(tmpdir(), 'diptych-end-'));
const { run, json } = diptychIn(cwd);

const names = ['red square', 'green square', 'blue square', 'yellow square'];
const colours = ['#d22', '#2a2', '#22d', '#dd2'];
let worker: RunningWorker | undefined;

const encode = () =>
  json<{ unchanged: boolean }>('encode', '--model', 'model', '--data', 'data', '--collection', 'squares'); // prettier-ignore
const index = (...flags: string[]) =>
  json<{ dir: string; built: boolean; manifest: { version: string } }>(
    'index', '--model', 'model', '--data', 'data', '--embeddings', '.diptych/embeddings/squares',
    '--collection', 'squares', ...flags); // prettier-ignore
const publish = (...flags: string[]) =>
  json<{ version: string; published: boolean }>('publish', '--model', 'model', ...flags);

beforeAll(async () => {
  await writeTinyModel(join(cwd, 'model'));
  mkdirSync(join(cwd, 'pictures'));
  for (const [i, background] of colours.entries()) {
    const image = sharp({ create: { width: 40, height: 30, channels: 3, background } });
    await image.png().toFile(join(cwd, 'pictures', `${i}.png`));
  }
  const rows = names.map((name, i) => `${i}.png,${name}`);
  writeFileSync(
    join(cwd, 'pictures.csv'),
    ['image,caption', ...rows, 'lost.png,lost', ''].join('\n'),
  );
  await run('prepare', 'folder', 'pictures', '--captions', 'pictures.csv', '--out', 'data');
}, 60_000);

afterAll(() => worker?.stop());

test('a folder of pictures becomes answers at the edge', async () => {
  expect(await encode()).toMatchObject({ unchanged: false });
  expect(await encode()).toMatchObject({ unchanged: true });
  const first = await index();
  expect(first.built).toBe(true);
  expect((await index()).built).toBe(false);
  const second = await index('--quantisation', 'int8');

  expect(await publish('--index', first.dir)).toMatchObject({ published: true });
  expect(await publish('--index', first.dir)).toMatchObject({ published: false });
  await publish('--index', second.dir);
  const { version } = first.manifest;
  const rollback = ['versions', 'rollback', '--collection', 'squares'];
  expect(await json(...rollback)).toMatchObject({ version, from: second.manifest.version });
  await expect(run(...rollback, 'never')).rejects.toThrow(/error\[not_found\].*no version never/s);

  worker = await startWorker({ host: '127.0.0.1', port: 0, r2Dir: join(cwd, '.diptych/store/r2') });
  const response = await fetch(`${worker.url}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ collection: 'squares', text: 'blue square', limit: 3 }),
  });
  expect(response.status).toBe(200);
  const answer = (await response.json()) as {
    matches: { id: string; metadata: { imageUrl: string } }[];
    index: { version: string };
  };
  expect(answer.index.version).toBe(version);
  expect(answer.matches[0].id).toBe('2.png');
  const image = await fetch(worker.url + answer.matches[0].metadata.imageUrl);
  expect(image.headers.get('content-type')).toBe('image/webp');
  const [r, g, b] = await sharp(Buffer.from(await image.arrayBuffer()))
    .raw()
    .toBuffer();
  expect(b).toBeGreaterThan(Math.max(r, g));
}, 90_000);

test('an index of another model is not published', async () => {
  const { dir } = await index();
  await writeTinyModel(join(cwd, 'other'), { seed: 9 });
  const failure = run('publish', '--index', dir, '--model', 'other', '--store', 'elsewhere');
  await expect(failure).rejects.toThrow(/error\[model_mismatch\]/);
}, 30_000);

test('a damaged version is not published', async () => {
  const { dir } = await index();
  const path = join(cwd, dir, 'items.table');
  const whole = readFileSync(path);
  const publish = () => run('publish', '--index', dir, '--model', 'model', '--store', 'damaged');
  const refused = (what: string) =>
    expect(publish()).rejects.toThrow(new RegExp(`error\\[index_unreadable\\].*${what}`, 's'));
  const changed = Buffer.from(whole);
  changed[whole.length >> 1] ^= 1;
  writeFileSync(path, changed);
  await refused('items\\.table: expected SHA-256');
  writeFileSync(path, Buffer.concat([whole, Buffer.from(' ')]));
  await refused(`items\\.table: expected ${whole.length} bytes, got ${whole.length + 1}`);
  rmSync(path);
  await refused('items\\.table: expected an object, got none');
  writeFileSync(path, whole);
}, 30_000);

test('a busy port is refused before any work, and the message names the flag', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  try {
    const { port } = server.address() as AddressInfo;
    const failure = run('dev', '--port', String(port), '--work-dir', 'demo');
    await expect(failure).rejects.toMatchObject({ code: 1 });
    await expect(failure).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`);
    await expect(failure).rejects.toThrow('--port');
  } finally {
    server.close();
  }
});
