import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../../../gpu-embedder/operate/dev/free-port.ts';
import { startWorker, type RunningWorker } from '../../../gpu-embedder/operate/dev/start-worker.ts';
import type { CollectResult } from '../../../gpu-embedder/operate/garbage/collect-garbage.ts';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import type { SearchResponse } from '../../../src/http/api.ts';
import type { JobReport } from '../../../src/jobs/report/job-report.ts';
import { diptychIn } from '../../cli/run-diptych.ts';

/** Runs real processes, from pictures in the catalogue to answers, by commands and by the queue. */
const cwd = mkdtempSync(join(tmpdir(), 'diptych-reindex-'));
const bin = resolve('bin/diptych.mjs');
const { run, json } = diptychIn(cwd);

const names = ['red square', 'green square', 'blue square', 'yellow square'];
const colours = ['#d22', '#2a2', '#22d', '#dd2'];
const token = 'token-of-this-test';
let worker: RunningWorker;
let embedder: ChildProcess;

const picture = (background: string) =>
  sharp({ create: { width: 40, height: 30, channels: 3, background } })
    .png()
    .toBuffer();

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${worker.url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });

const post = (path: string, body: object) =>
  ask(path, { method: 'POST', body: JSON.stringify(body) });

async function found(collection: string, text: string): Promise<string[]> {
  const response = await post('/v1/search', { collection, text, limit: 10 });
  return ((await response.json()) as SearchResponse).matches.map(({ id }) => id);
}

/** Follow the events of a job to its end. @returns the names of the events */
async function follow(job: string): Promise<string[]> {
  const response = await ask(`/v1/jobs/${job}/events`);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  return [...(await response.text()).matchAll(/^event: (\w+)$/gm)].map(([, name]) => name);
}

beforeAll(async () => {
  await writeTinyModel(join(cwd, 'model'));
  mkdirSync(join(cwd, 'pictures'));
  for (const [i, colour] of colours.entries()) {
    writeFileSync(join(cwd, 'pictures', `${i}.png`), await picture(colour));
  }
  const rows = names.map((name, i) => `${i}.png,${name}`);
  writeFileSync(join(cwd, 'pictures.csv'), ['image,caption', ...rows, 'lost.png,lost'].join('\n'));
  await run('migrate');
  const port = await freePort();
  const options = { host: '127.0.0.1', port: 0, r2Dir: join(cwd, '.diptych/store/r2') };
  worker = await startWorker({
    ...options,
    d1Dir: join(cwd, '.diptych/store/d1'),
    variables: {
      DIPTYCH_ADMIN_TOKEN: token,
      EMBEDDER_URL: `http://127.0.0.1:${port}`,
      EMBEDDER_TOKEN: token,
    },
  });
  const flags = ['--port', String(port), '--model', 'model', '--store', worker.url];
  embedder = spawn('node', [bin, 'serve', ...flags], {
    cwd,
    env: { ...process.env, DIPTYCH_EMBEDDER_TOKEN: token, DIPTYCH_API_KEY: token },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(embedder.stdout!, 'data');
}, 180_000);

afterAll(async () => {
  if (embedder?.exitCode === null) {
    embedder.kill();
    await once(embedder, 'exit');
  }
  await worker?.stop();
}, 30_000);

describe('a collection of the catalogue', () => {
  test('is indexed by two commands in this process', async () => {
    const summary = await json('ingest', 'folder', 'pictures', '--captions', 'pictures.csv', '--collection', 'here'); // prettier-ignore
    expect(summary).toMatchObject({ inputs: 5, created: 4, skipped: { caption_without_image: 1 } });
    const reindex = () => json<JobReport>('reindex', '--collection', 'here', '--model', 'model');
    expect(await reindex()).toMatchObject({ state: 'succeeded', inputs: 4, encoded: 4 });
    expect(await reindex()).toMatchObject({ state: 'succeeded', inputs: 4, reused: 4, encoded: 0 });
    expect(await found('here', 'red square')).toContain('0.png');
    const misnamed = run('ingest', 'folder', 'pictures', '--collection', '../here');
    await expect(misnamed).rejects.toThrow('expected 1 to 63 letters');
    await expect(run('reindex', '--collection', 'heer')).rejects.toThrow('unknown_collection');
    const flags = ['--collection', 'here', '--keep', '1', '--grace', '0'];
    const { removed } = await json<CollectResult>('versions', 'collect', ...flags);
    expect(removed.map(({ why }) => why)).toEqual([
      'pages of a job that has ended',
      'pages of a job that has ended',
    ]);
    expect(await json('verify', '--collection', 'here')).toMatchObject({
      items: 4,
      jobs: 2,
      differences: [],
    });
    expect(await found('here', 'red square')).toContain('0.png');
  }, 300_000);

  test('changes its model when the new one is no worse, and by hand', async () => {
    await writeTinyModel(join(cwd, 'other'), { seed: 5 });
    const versions = async () =>
      (await json<{ version: string; state: string }[]>('versions', 'list', '--collection', 'here'))
        .map(({ version, state }) => [version, state]); // prettier-ignore
    const [[old]] = await versions();
    const change = (condition: string) =>
      ['reindex', '--collection', 'here', '--model', 'other', '--switch-if', condition, '--report', 'pages/report.html']; // prettier-ignore
    // With four images, all are among the first ten, so no model can be better.
    const refused = run(...change('image_retrieval_recall@10 > 0'));
    await expect(refused).rejects.toMatchObject({ code: 1 });
    const [, [made, state]] = await versions();
    expect([state, (await versions())[0]]).toEqual(['ready', [old, 'active']]);
    await expect(refused).rejects.toThrow(`diptych versions rollback --collection here ${made}`);
    expect(readFileSync(join(cwd, 'pages/report.html'), 'utf8')).toContain('is not met');
    expect(await found('here', 'red square')).toContain('0.png');

    await run('versions', 'rollback', made, '--collection', 'here');
    await run('versions', 'rollback', '--collection', 'here');
    expect((await versions())[0]).toEqual([old, 'active']);
    const report = await json<JobReport>(...change('image_retrieval_recall@10 >= 0'));
    expect(report).toMatchObject({
      ...{ version: made, switched: true, reused: 4, encoded: 0 },
      comparison: { versions: { before: old, after: made }, pairs: 4, images: 4, met: true },
    });
    expect((await versions())[0]).toEqual([made, 'active']);
    expect(await found('here', 'red square')).toContain('0.png');
  }, 300_000);

  test('is indexed by the queue and an embedder', async () => {
    const items = await Promise.all(
      colours.map(async (colour, i) => ({
        id: `square-${i}`,
        captions: [names[i]],
        image: (await picture(colour)).toString('base64'),
      })),
    );
    const broken = { id: 'broken', image: items[0].image.slice(0, 60) };
    const taken = await post('/v1/collections/there/items', { items: [...items, broken] });
    expect(await taken.json()).toMatchObject({ counts: { created: 5 } });

    const response = await post('/v1/collections/there/reindex', {});
    expect(response.status).toBe(202);
    const { job } = (await response.json()) as { job: { id: string } };
    const events = await follow(job.id);
    expect(events.at(-1)).toBe('succeeded');
    const report = (await (await ask(`/v1/jobs/${job.id}/report`)).json()) as JobReport;
    expect(report).toMatchObject({ inputs: 5, indexed: 4, failed: { unreadable_image: 1 } });
    expect(await found('there', 'green square')).toEqual(
      expect.arrayContaining(['square-0', 'square-1', 'square-2', 'square-3']),
    );
  }, 180_000);

  test('hides deleted items, and no longer contains them after the next reindex', async () => {
    await ask('/v1/collections/there/items/square-1', { method: 'DELETE' });
    await expect
      .poll(() => found('there', 'green square'), { timeout: 30_000, interval: 1000 })
      .not.toContain('square-1');
    const switchIf = 'image_retrieval_recall@10 >= 0';
    const response = await post('/v1/collections/there/reindex', { switchIf });
    const { job } = (await response.json()) as { job: { id: string } };
    const refused = await post('/v1/collections/there/reindex', {});
    expect(refused.status).toBe(409);
    expect(await refused.json()).toMatchObject({ error: { details: { job: job.id } } });
    await follow(job.id);
    const report = (await (await ask(`/v1/jobs/${job.id}/report`)).json()) as JobReport;
    expect(report).toMatchObject({ state: 'succeeded', inputs: 4, indexed: 3, reused: 3 });
    expect(report.comparison).toMatchObject({
      pairs: 3,
      images: 3,
      condition: switchIf,
      met: true,
    });
  }, 180_000);
});
