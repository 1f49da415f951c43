import { expect, it } from 'vitest';
import type { BuildFunction, BuildProgress } from '../../../gpu-embedder/embed/service/builds.ts';
import { httpEmbedder } from '../../../src/embedder/http-embedder.ts';
import { DiptychError } from '../../../src/errors.ts';
import { deferred, useTinyModel } from './start-service.ts';

const { start } = useTinyModel();
const request = { jobId: 'job-1', collection: 'photos' };

/** Make a build function whose builds end as the test says, or when they are cancelled. */
function fakeBuild() {
  const ends = new Map<string, (outcome: Error | object) => void>();
  let progress: BuildProgress;
  let calls = 0;
  const build: BuildFunction = async ({ jobId }, signal, onProgress) => {
    calls += 1;
    progress = onProgress;
    const end = deferred<Error | object>();
    ends.set(jobId, end.resolve);
    signal.addEventListener('abort', () => end.resolve(new Error('stopped halfway')));
    const outcome = await end.promise;
    if (outcome instanceof Error) throw outcome;
    return outcome as Record<string, unknown>;
  };
  return {
    build,
    end: (jobId: string, outcome: Error | object) => ends.get(jobId)!(outcome),
    tell: (...told: Parameters<BuildProgress>) => progress(...told),
    calls: () => calls,
  };
}

it('runs a build once per job, tells how far it is, and keeps its result', async () => {
  const { build, end, tell, calls } = fakeBuild();
  const embedder = httpEmbedder({ url: (await start({ build })).url });
  const started = await embedder.startBuild(request);
  expect(started).toEqual({ id: 'job-1', state: 'running', stage: null, done: 0, total: 0 });
  tell('graph', 3, 10);
  expect(await embedder.startBuild(request)).toMatchObject({ stage: 'graph', done: 3, total: 10 });
  end('job-1', { version: 'v1' });
  await expect
    .poll(() => embedder.buildStatus('job-1'))
    .toMatchObject({ state: 'succeeded', result: { version: 'v1' } });
  expect(await embedder.startBuild(request)).toMatchObject({ state: 'succeeded' });
  expect(calls()).toBe(1);
});

it('refuses a second build while one runs, and takes it afterwards', async () => {
  const { build, end } = fakeBuild();
  const embedder = httpEmbedder({ url: (await start({ build })).url });
  await embedder.startBuild(request);
  const other = { ...request, jobId: 'job-2' };
  await expect(embedder.startBuild(other)).rejects.toMatchObject({
    code: 'embedder_unavailable',
    details: { status: 429, code: 'embedder_busy' },
  });
  end('job-1', {});
  await expect.poll(() => embedder.buildStatus('job-1')).toMatchObject({ state: 'succeeded' });
  expect(await embedder.startBuild(other)).toMatchObject({ id: 'job-2', state: 'running' });
  end('job-2', {});
});

it('tells why a build failed, and tries again when asked to', async () => {
  const { build, end, calls } = fakeBuild();
  const embedder = httpEmbedder({ url: (await start({ build })).url });
  await embedder.startBuild(request);
  end('job-1', new DiptychError('index_too_large', 'the index takes 200 MB'));
  await expect
    .poll(() => embedder.buildStatus('job-1'))
    .toMatchObject({
      state: 'failed',
      error: { code: 'index_too_large', message: 'the index takes 200 MB' },
    });
  expect(await embedder.startBuild(request)).toMatchObject({ state: 'running' });
  expect(calls()).toBe(2);
  end('job-1', {});
});

it('cancels', async () => {
  const { build } = fakeBuild();
  const embedder = httpEmbedder({ url: (await start({ build })).url });
  await embedder.startBuild(request);
  expect(await embedder.cancelBuild('job-1')).toMatchObject({ state: 'cancelling' });
  await expect.poll(() => embedder.buildStatus('job-1')).toMatchObject({ state: 'cancelled' });
});

it('cancels a build that is not finished when the service must stop', async () => {
  const { build } = fakeBuild();
  const { url, service } = await start({ build });
  const embedder = httpEmbedder({ url });
  await embedder.startBuild(request);
  expect(await service.drain(0)).toBe(1);
  await expect.poll(() => embedder.buildStatus('job-1')).toMatchObject({ state: 'cancelled' });
});

it('refuses an unknown build, a bad job id, a changed request, and any build if it cannot build', async () => {
  const { build, end } = fakeBuild();
  const embedder = httpEmbedder({ url: (await start({ build })).url });
  const refused = (code: string) => ({ code: 'embedder_failed', details: { code } });
  await expect(embedder.buildStatus('job-9')).rejects.toMatchObject(refused('not_found'));
  await expect(embedder.startBuild({ ...request, jobId: '../x' })).rejects.toMatchObject(
    refused('bad_request'),
  );
  await embedder.startBuild(request);
  await expect(embedder.startBuild({ ...request, collection: 'other' })).rejects.toMatchObject(
    refused('bad_request'),
  );
  end('job-1', {});
  const without = httpEmbedder({ url: (await start()).url });
  await expect(without.startBuild(request)).rejects.toMatchObject(refused('not_found'));
});
