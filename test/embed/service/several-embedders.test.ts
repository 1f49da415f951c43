import { expect, test } from 'vitest';
import type { HttpEmbedder } from '../../../src/embedder/http-embedder.ts';
import { severalEmbedders } from '../../../src/embedder/several-embedders.ts';
import { DiptychError } from '../../../src/errors.ts';

const model = (id: string) => ({ id, hash: '0123456789abcdef', embedDim: 4 });
const away = () => Promise.reject(new DiptychError('embedder_unavailable', 'away'));
const unknown = () =>
  Promise.reject(new DiptychError('embedder_failed', 'no such build', { code: 'not_found' }));
const request = { jobId: 'job', collection: 'c', model: 'm', options: {} };

interface Embedder extends HttpEmbedder {
  isAway: boolean;
  readonly builds: string[];
}

function embedder(id: string): Embedder {
  const status = { id: 'job', state: 'running' as const, stage: id, done: 0, total: 0 };
  const one: Embedder = {
    isAway: false,
    builds: [],
    describe: () => (one.isAway ? away() : Promise.resolve(model(id))),
    encode: () =>
      one.isAway
        ? away()
        : Promise.resolve({ embeddings: new Float32Array(), failed: [], model: model(id) }),
    startBuild: async ({ jobId }) => {
      if (one.isAway) return away();
      one.builds.push(jobId);
      return status;
    },
    buildStatus: async (job) => {
      if (one.isAway) return away();
      return one.builds.includes(job) ? status : unknown();
    },
    cancelBuild: () => unknown(),
  };
  return one;
}

test('work is spread over the embedders that can be reached', async () => {
  const [a, b] = [embedder('a'), embedder('b')];
  let next = 0;
  const both = severalEmbedders([a, b], () => [0, 0.99][next++ % 2]);
  const asked = async () => (await both.encode([], [])).model.id;
  expect([await asked(), await asked()]).toEqual(['a', 'b']);
  a.isAway = true;
  expect([await asked(), await asked()]).toEqual(['b', 'b']);
  expect((await both.describe()).id).toBe('b');
  b.isAway = true;
  await expect(asked()).rejects.toMatchObject({ code: 'embedder_unavailable' });
  [a.isAway, b.isAway] = [false, true];
  expect([await asked(), await asked()]).toEqual(['a', 'a']);
});

test('a request that one embedder refuses is not sent to the next', async () => {
  const [a, b] = [embedder('a'), embedder('b')];
  a.encode = () => Promise.reject(new DiptychError('embedder_failed', 'broken'));
  const both = severalEmbedders([a, b], () => 0);
  await expect(both.encode([], [])).rejects.toThrow('broken');
});

test('a build is found at the embedder that started it, and another starts it if that one is gone', async () => {
  const [a, b] = [embedder('a'), embedder('b')];
  const both = severalEmbedders([a, b]);
  await expect(both.buildStatus('job')).rejects.toMatchObject({ details: { code: 'not_found' } });
  const { stage: first } = await both.startBuild(request);
  expect((await both.buildStatus('job')).stage).toBe(first);
  const [holder, other] = first === 'a' ? [a, b] : [b, a];
  holder.isAway = true;
  await expect(both.buildStatus('job')).rejects.toMatchObject({ details: { code: 'not_found' } });
  expect((await both.startBuild(request)).stage).not.toBe(first);
  expect(other.builds).toEqual(['job']);
  other.isAway = true;
  await expect(both.startBuild(request)).rejects.toMatchObject({ code: 'embedder_unavailable' });
});
