import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { withFolderLock } from '../../gpu-embedder/common/folder-lock.ts';
import { runDiptych } from '../cli/run-diptych.ts';
import { writeTinyVersion } from '../setup/tiny-version.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-locks-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(root, 'dir-'));
});

/** A process number above the largest one of Linux. */
const dead = 2 ** 22 + 1;
const since = '2026-11-29T12:00:00.000Z';
const leaveLock = (holder: object) =>
  writeFileSync(
    join(dir, '.lock'),
    JSON.stringify({ command: 'diptych index', host: hostname(), since, ...holder }),
  );
const work = () => withFolderLock(dir, { command: 'diptych encode' }, async () => readdirSync(dir));

test('a command works under its lock and removes it, also when it fails', async () => {
  expect(await work()).toEqual(['.lock']);
  const failing = withFolderLock(dir, { command: 'x' }, () => Promise.reject(new Error('failed')));
  await expect(failing).rejects.toThrow('failed');
  expect(readdirSync(dir)).toEqual([]);
});

test('a second command is refused, with the name of the first', async () => {
  await withFolderLock(dir, { command: 'diptych index' }, async () => {
    await expect(work()).rejects.toMatchObject({
      code: 'folder_in_use',
      message: expect.stringMatching(
        new RegExp(
          `^folder ${dir} is in use by \`diptych index\` \\(process ${process.pid}, since .+\\): wait`,
        ),
      ),
    });
  });
  expect(await work()).toEqual(['.lock']);
});

test('a second command may wait', async () => {
  const order: string[] = [];
  let second: Promise<void> | undefined;
  await withFolderLock(dir, { command: 'first' }, async () => {
    second = withFolderLock(dir, { command: 'second', wait: true }, async () => {
      order.push('second');
    });
    // It has looked at the lock when a third command has done so.
    await expect(work()).rejects.toThrow('in use by `first`');
    order.push('first');
  });
  await second;
  expect(order).toEqual(['first', 'second']);
});

test('the lock of a process that is gone is taken over, and that of another machine is not', async () => {
  leaveLock({ pid: dead });
  expect(await work()).toEqual(['.lock']);
  // The number of this process, as after a restart in a container.
  leaveLock({ pid: process.pid });
  expect(await work()).toEqual(['.lock']);
  leaveLock({ pid: dead, host: 'elsewhere' });
  await expect(work()).rejects.toThrow(/process \d+ on elsewhere, since .*remove .*\.lock$/);
});

test('every stage holds the lock of its folder', async () => {
  const { model, data, embeddings } = await writeTinyVersion(dir, 'tiny');
  const input = ['--data', data, '--collection', 'tiny', '--model', model];
  const index = ['index', ...input, '--embeddings', embeddings, '--out', join(dir, 'index')];
  const train = ['train', '--data', data, '--out', join(dir, 'run')];
  const prepare = ['prepare', 'folder', dir, '--out', join(dir, 'prepared')];
  const suggest = ['caption-corpus', '--data', data, '--from', data, '--model', model];
  for (const [place, beside, args] of [
    [embeddings, false, ['encode', ...input, '--out', embeddings]],
    [join(dir, 'index', 'tiny'), false, index],
    [join(dir, 'run'), false, train],
    [join(dir, 'prepared'), true, prepare],
    [data, true, suggest],
  ] as const) {
    const { code, stderr } = await withFolderLock(place, { command: 'another one', beside }, () =>
      runDiptych(...args),
    );
    expect(stderr).toMatch(/^error\[folder_in_use\]: folder .* is in use by `another one`/);
    expect(code).toBe(1);
  }
});
