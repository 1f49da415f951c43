import { expect, it } from 'vitest';
import { httpEmbedder } from '../../../src/embedder/http-embedder.ts';
import { serveUntilStopped } from '../../../gpu-embedder/embed/service/serve-until-stopped.ts';
import type { LoadedModel } from '../../../gpu-embedder/embed/load-model.ts';
import { deferred, heldModel, useTinyModel } from './start-service.ts';

const { model } = useTinyModel();

/** Start a server that has accepted one request, whose text is held back. */
async function busyServer(graceMs: number) {
  const held = heldModel(model(), (text) => text !== 'dog');
  const listening = deferred<string>();
  const stop = deferred();
  const death = deferred<Error>();
  const ended = serveUntilStopped({
    model: { ...(held.model satisfies LoadedModel), died: death.promise },
    version: '1.2.3',
    decodeThreads: 1,
    host: '127.0.0.1',
    port: 0,
    graceMs,
    stopped: stop.promise,
    onListening: listening.resolve,
  });
  const url = await listening.promise;
  const answer = httpEmbedder({ url }).encode([], ['dog']);
  await held.began;
  return { url, ended, answer, stop: stop.resolve, die: death.resolve, release: held.release };
}

it('answers the requests in progress, then stops listening and ends', async () => {
  const { url, ended, answer, stop, release } = await busyServer(60_000);
  stop();
  await expect.poll(async () => (await fetch(`${url}/healthz`)).status).toBe(503);
  release();
  expect((await answer).failed).toEqual([]);
  expect(await ended).toBe(0);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

it('says how much was unfinished when the grace was over', async () => {
  const { url, ended, answer, stop, release } = await busyServer(0);
  stop();
  // The server counts what is unfinished before it stops listening, so the count is made by then.
  const isListening = () => fetch(`${url}/healthz`).then(Boolean, () => false);
  await expect.poll(isListening, { timeout: 4000 }).toBe(false);
  // The open connection is not cut yet: the answer still arrives, but too late for a clean end.
  release();
  await answer;
  expect(await ended).toBe(1);
});

it('fails when the thread of the model ends', async () => {
  const { ended, answer, die, release } = await busyServer(60_000);
  die(new Error('the thread of the model ended'));
  release();
  await Promise.allSettled([answer]);
  await expect(ended).rejects.toThrow('the thread of the model ended');
});
