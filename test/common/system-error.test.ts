import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { hashedFile } from '../../gpu-embedder/common/hashed-file.ts';
import { explainSystemError, namingFile } from '../../gpu-embedder/common/system-error.ts';
import { unpackError, packError } from '../../gpu-embedder/common/threads/pack-error.ts';
import { runDiptych } from '../cli/run-diptych.ts';
import { writeTinyVersion } from '../setup/tiny-version.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-errors-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const failure = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
/** A file that is on a full disk at any time. */
const full = '/dev/full';

test('an error of a file says what, where, and what to do, and crosses threads so', async () => {
  const path = join(root, 'missing');
  const error = await failure(readFile(path));
  for (const known of [explainSystemError(error), unpackError(packError(error))]) {
    expect(known).toMatchObject({
      code: 'file_failed',
      message: expect.stringMatching(
        new RegExp(`^${path}: ENOENT: no such file or directory \\(open\\): check the name`),
      ),
    });
  }
});

test('a failure of a connection or of our code is none of a file', async () => {
  const [refused] = (await once(createConnection(1, '127.0.0.1'), 'error').catch(
    (error: unknown) => [error],
  )) as [unknown];
  for (const error of [refused, new TypeError('ours'), 'text', null]) {
    expect(explainSystemError(error)).toBeNull();
  }
});

test.skipIf(!existsSync(full))('a full disk names the file that did not fit', async () => {
  const file = await open(full, 'w');
  const error = await failure(namingFile('rows', () => file.writeFile('x')));
  await file.close();
  expect(explainSystemError(error)).toMatchObject({
    code: 'write_failed',
    message: expect.stringMatching(/^rows: ENOSPC: .*: free some space .* run the same command/),
  });
  const hashed = hashedFile(full);
  const streamed = await failure(hashed.write('x').then(() => hashed.finish()));
  expect(explainSystemError(streamed)?.message).toMatch(/^\/dev\/full: ENOSPC/);
});

test.skipIf(!existsSync(full))('encode on a full disk goes on when there is room', async () => {
  const { model, data, embeddings } = await writeTinyVersion(root, 'tiny');
  rmSync(join(embeddings, 'embeddings.json'));
  rmSync(join(embeddings, 'captions.jsonl'));
  symlinkSync(full, join(embeddings, 'captions.jsonl'));
  const args = ['--data', data, '--collection', 'tiny', '--model', model, '--out', embeddings];
  const { code, stderr } = await runDiptych('encode', ...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/error\[write_failed\]: .*\/captions\.jsonl: ENOSPC/);
  rmSync(join(embeddings, 'captions.jsonl'));
  writeFileSync(join(embeddings, 'captions.jsonl'), '');
  const { stdout } = await runDiptych('encode', ...args);
  expect(stdout).toContain('this run: 0 images and 0 captions');
});
