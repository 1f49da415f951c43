import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startWorker, type RunningWorker } from '../../../gpu-embedder/operate/dev/start-worker.ts';
import { readVersion } from '../../../gpu-embedder/operate/publish/read-version.ts';
import { runDiptych } from '../../cli/run-diptych.ts';
import { writeTinyVersion, type TinyVersion } from '../../setup/tiny-version.ts';
import { collection } from './stored-versions.ts';

const token = 'the-token-of-this-test';
let root: string;
let tiny: TinyVersion;
let worker: RunningWorker;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'diptych-remote-'));
  tiny = await writeTinyVersion(root, collection);
  const variables = { DIPTYCH_ADMIN_TOKEN: token };
  worker = await startWorker({ host: '127.0.0.1', port: 0, r2Dir: join(root, 'r2'), variables });
}, 120_000);

afterAll(async () => {
  vi.unstubAllEnvs();
  await worker.stop();
  await rm(root, { recursive: true, force: true });
});

/** Run a command against the worker. @returns what it printed, as JSON */
async function diptych(key: string, ...args: string[]): Promise<unknown> {
  vi.stubEnv('DIPTYCH_API_KEY', key);
  const { stdout, stderr } = await runDiptych(...args, '--store', worker.url, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

test('a version is published to a deployed worker, which answers from it', async () => {
  const publish = (dir: string, key = token) =>
    diptych(key, 'publish', '--index', dir, '--model', tiny.model);
  const second = await tiny.again(8);
  const [{ version: one }, { version: two }] = await Promise.all(
    [tiny.index, second].map(async (dir) => (await readVersion(dir)).manifest),
  );
  await expect(publish(tiny.index, 'another')).rejects.toThrow(/error\[unauthorized\]/);
  expect(await publish(tiny.index)).toMatchObject({ version: one, published: true });
  const answer = await fetch(`${worker.url}/v1/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ collection, text: 'dog', limit: 3 }),
  });
  expect(await answer.json()).toMatchObject({ count: 3, index: { version: one } });

  expect(await publish(second)).toMatchObject({ version: two, published: true });
  const versions = (...args: string[]) =>
    diptych(token, 'versions', ...args, '--collection', collection);
  expect(await versions('list')).toMatchObject([
    { version: two, state: 'active', about: { items: 16, captions: 8 } },
    { version: one, state: 'retired' },
  ]);
  expect(await versions('rollback')).toMatchObject({ version: one, from: two });
  expect(await versions('collect', '--keep', '1', '--dry-run')).toMatchObject({
    removed: [],
    kept: [
      { version: one, why: 'active' },
      { version: two, why: 'active until a moment ago' },
    ],
  });
  await expect(versions('remove', two)).rejects.toThrow(/error\[invalid_option\]/);
  expect(await versions('remove', two, '--grace', '0')).toMatchObject({ version: two });
  expect(await versions('list')).toMatchObject([{ version: one }]);
}, 120_000);
