import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpEmbedder } from '../../../src/embedder/http-embedder.ts';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import { outcomeOf, runDiptych, startDiptych } from '../../cli/run-diptych.ts';
import { pictures } from './start-service.ts';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'diptych-serve-'));
  await writeTinyModel(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

it('serves until SIGTERM, logs a line of JSON per request, and exits with 0', async () => {
  const child = startDiptych('serve', '--port', '0', '--model', dir, '--threads', '1');
  const outcome = outcomeOf(child);
  const [line] = (await Promise.race([once(child.stdout!, 'data'), outcome.then(fail)])) as [
    Buffer,
  ];
  const url = /^tiny \([0-9a-f]{16}\) at (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(String(line))![1];
  const embedder = httpEmbedder({ url });
  const [bytes] = await pictures(1);
  const answer = await embedder.encode([{ bytes, type: 'image/png' }], ['dog']);
  expect(answer.failed).toEqual([]);
  expect(Math.hypot(...answer.embeddings.subarray(0, 32))).toBeCloseTo(1, 5);
  const embeddings = await fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny', input: 'red heart' }),
  });
  expect(await embeddings.json()).toMatchObject({ usage: { prompt_tokens: expect.any(Number) } });
  child.kill('SIGTERM');
  const { code, stderr } = await outcome;
  expect(code, stderr).toBe(0);
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(lines).toMatchObject([
    { method: 'POST', path: '/v1/encode', status: 200, images: 1, texts: 1 },
    { method: 'POST', path: '/v1/embeddings', status: 200, images: 0, texts: 1 },
  ]);
}, 90_000);

it('refuses to listen beyond loopback without a token, before it loads a model', async () => {
  const { code, stderr } = await runDiptych('serve', '--host', '0.0.0.0', '--model', 'nowhere');
  expect(code).toBe(1);
  expect(stderr).toContain('error[invalid_option]: --host 0.0.0.0');
});

it('says which model cannot be read', async () => {
  const { code, stderr } = await runDiptych('serve', '--port', '0', '--model', join(dir, 'onnx'));
  expect(code).toBe(1);
  expect(stderr).toContain('error[unreadable_model]');
  expect(stderr).toContain('config.json');
});

function fail({ stderr }: { readonly stderr: string }): never {
  throw new Error(`it ended at once: ${stderr}`);
}
