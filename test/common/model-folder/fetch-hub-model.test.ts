import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { env } from '@huggingface/transformers';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { loadModel } from '../../../gpu-embedder/embed/load-model.ts';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';

const root = mkdtempSync(join(tmpdir(), 'diptych-hub-'));
const tiny = join(root, 'tiny');
const requests: string[] = [];
let hub: Server;

/** Serve the tiny model under the paths of the Hugging Face hub. */
beforeAll(async () => {
  await writeTinyModel(tiny);
  hub = createServer((request, response) => {
    const path = request.url!.split('?')[0];
    requests.push(path);
    const file = /^\/someone\/tiny\/resolve\/main\/(.+)$/.exec(path)?.[1];
    const reply = (status: number, body: Uint8Array) => {
      response.writeHead(status, { 'content-length': body.length });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    readFile(join(tiny, file ?? 'missing')).then(
      (body) => reply(200, body),
      () => reply(404, new Uint8Array()),
    );
  });
  await new Promise<void>((resolve) => hub.listen(0, '127.0.0.1', resolve));
  env.allowRemoteModels = true;
  vi.stubEnv('HF_ENDPOINT', `http://127.0.0.1:${(hub.address() as AddressInfo).port}`);
  vi.spyOn(process, 'cwd').mockReturnValue(root);
});
afterAll(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

it('fetches a model of the hub once, and embeds like the model in a folder', async () => {
  const [fetched, local] = [await loadModel('someone/tiny'), await loadModel(tiny)];
  expect(fetched.hash).toBe(local.hash);
  expect(await fetched.embedTexts(['dog'])).toEqual(await local.embedTexts(['dog']));
  await Promise.all([fetched.dispose(), local.dispose()]);

  expect(requests).toContain('/someone/tiny/resolve/main/onnx/vision_model.onnx');
  requests.length = 0;
  const again = await loadModel('someone/tiny');
  await again.dispose();
  expect(requests).toEqual([]);
});

it.each(['models/typo', './tiny', '../tiny', 'someone/..', '/someone/tiny', 'tiny'])(
  'does not ask the hub for the path %s',
  async (path) => {
    requests.length = 0;
    await expect(loadModel(path)).rejects.toThrow(
      `${path}: expected a model folder or a hub id of the form OWNER/NAME, got neither`,
    );
    expect(requests).toEqual([]);
  },
);

it('names model, host and reason when there is no such model, or no network', async () => {
  await expect(loadModel('someone/else')).rejects.toThrow(
    /^someone\/else: no such folder, and the hub model could not be fetched from http:\/\/127/,
  );
  await new Promise((resolve) => hub.close(resolve));
  await expect(loadModel('someone/offline')).rejects.toMatchObject({
    code: 'unreadable_model',
    message: expect.stringContaining('fetch failed') as string,
  });
});
