import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeDataset } from '../../gpu-embedder/embed/encode-dataset.ts';
import { loadModel, type LoadedModel } from '../../gpu-embedder/embed/load-model.ts';
import { createService } from '../../gpu-embedder/embed/service/create-service.ts';
import { listen } from '../../gpu-embedder/embed/service/http/listen.ts';
import { startWorker, type RunningWorker } from '../../gpu-embedder/operate/dev/start-worker.ts';
import { publishVersion } from '../../gpu-embedder/operate/publish/publish-version.ts';
import { localR2Store } from '../../gpu-embedder/operate/store/local-r2-store.ts';
import type { SearchResponse } from '../../src/http/api.ts';
import { indexDataset } from '../setup/index-dataset.ts';
import { shapeNames, writeShapesDataset } from '../setup/shapes-dataset.ts';
import { uploads } from '../setup/uploads.ts';
import { writeHubModel } from '../support/hub-models/write-hub-model.ts';
import { runDiptych } from './run-diptych.ts';

/**
 * Two collections of a model of the hub. The text tower runs at the edge beside the vectors of `photos`.
 * It does not fit beside those of `large`, so that an embedder encodes texts, too.
 */
describe.each(['clip', 'siglip'] as const)('collections of a %s', (family) => {
  let dir: string;
  let version: string;
  let embedDim: number;
  let model: LoadedModel;
  let worker: RunningWorker;
  let embedder: Awaited<ReturnType<typeof startEmbedder>>;
  const at = (name: string) => join(dir, name);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'diptych-hub-'));
    await writeHubModel(at('model'), family);
    await writeShapesDataset(at('data'), 32);
    const where = { model: at('model'), data: at('data') };
    await encodeDataset({ ...where, collection: 'photos', out: at('embeddings'), threads: 1 });
    const build = (collection: string, budget?: number) =>
      indexDataset({
        ...where,
        collection,
        budget,
        embeddings: at('embeddings'),
        out: at('index'),
      });
    const photos = await build('photos');
    const large = await build('large', photos.manifest.memory.total - 1);
    version = photos.dir;
    embedDim = photos.manifest.model.embedDim;
    const store = await localR2Store(at('r2'));
    for (const { dir } of [photos, large]) await publishVersion(store, dir, at('model'));
    await store.close();
    model = await loadModel(at('model'), { threads: 1 });
    embedder = await startEmbedder();
    worker = await start({ EMBEDDER_URL: embedder.url });
  }, 120_000);
  afterAll(async () => {
    await worker?.stop();
    await embedder?.stop();
    await model?.dispose();
    await rm(dir, { recursive: true, force: true });
  });

  async function startEmbedder() {
    const service = createService({ model, version: '1.2.3', decodeThreads: 1 });
    const { url, close } = await listen(service.app, '127.0.0.1', 0);
    const stop = async () => {
      await close(0);
      await service.close();
    };
    return { url, stop };
  }
  const start = (variables: Record<string, string>) =>
    startWorker({ host: '127.0.0.1', port: 0, r2Dir: at('r2'), variables });
  const post = (path: string, body: object, to = worker) =>
    fetch(`${to.url}/v1/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ collection: 'large', ...body }),
    });
  const answer = async (body: object, to = worker) => {
    const response = await post('search', body, to);
    expect(response.status).toBe(200);
    return (await response.json()) as SearchResponse;
  };
  const command = async (...args: readonly string[]) => {
    const where = ['--index', version, '--model', at('model'), '--json'];
    const { stdout } = await runDiptych('search', ...args, ...where);
    return JSON.parse(stdout) as SearchResponse;
  };
  const idsOf = ({ matches }: SearchResponse) => matches.map(({ id }) => id);

  it('encodes texts at the edge, and answers nearly what the ONNX towers do', async () => {
    const alone = await start({});
    try {
      for (const text of ['red cake', 'a blue boat', 'star']) {
        const edge = await answer({ collection: 'photos', text, mode: 'vector', limit: 60 }, alone);
        expect(edge.encoder).toBe('edge');
        const onnx = await command(text, '--mode', 'vector', '--limit', '60');
        const scores = new Map(onnx.matches.map(({ id, score }) => [id, score]));
        const apart = edge.matches.flatMap(({ id, score }) =>
          scores.has(id) ? [Math.abs(score - scores.get(id)!)] : [],
        );
        expect(apart.length).toBeGreaterThan(50);
        expect(Math.max(...apart)).toBeLessThan(0.03);
      }
      const image = Buffer.from((await uploads())['square.png']!).toString('base64');
      const refused = await post('search', { collection: 'photos', image }, alone);
      expect(await refused.text()).toContain('"encoder_unavailable"');
    } finally {
      await alone.stop();
    }
  });

  it('answers by the embedder what the command answers by its ONNX towers', async () => {
    for (const text of ['red cake', 'a blue boat', 'star']) {
      const got = await answer({ text, mode: 'vector' });
      expect(got).toMatchObject({ encoder: 'embedder', mode: 'vector' });
      expect(idsOf(got)).toEqual(idsOf(await command(text, '--mode', 'vector')));
      expect((await answer({ text })).encoder).toBe('cache');
    }
    const { 'square.png': image = new Uint8Array() } = await uploads();
    const got = await answer({ image: Buffer.from(image).toString('base64') });
    expect(got.encoder).toBe('embedder');
    expect(got.matches).not.toEqual([]);
    const labels = await post('classify', { text: 'red cake', labels: shapeNames });
    expect(await labels.json()).toMatchObject({ count: shapeNames.length, encoder: 'cache' });
  });

  it('answers items, vectors and keywords where nothing encodes, and says what is missing', async () => {
    const alone = await start({});
    try {
      const refused = await post('search', { text: 'red cake', mode: 'vector' }, alone);
      expect(refused.status).toBe(503);
      expect(await refused.text()).toMatch(
        /"encoder_unavailable".*no embedder in EMBEDDER_URL.*diptych serve/,
      );

      const hybrid = await answer({ text: 'red cake' }, alone);
      expect(hybrid).toMatchObject({
        mode: 'keyword',
        encoder: null,
        fallback: { code: 'encoder_unavailable' },
      });
      expect(hybrid.matches[0]!.metadata.title).toBe('red cake');
      const words = await answer({ text: 'red cake', mode: 'keyword' }, alone);
      expect(idsOf(words)).toEqual(idsOf(hybrid));
      expect(words).not.toHaveProperty('fallback');

      const { id } = hybrid.matches[0]!;
      const like = await answer({ id }, alone);
      expect(like.encoder).toBeNull();
      expect(idsOf(like)).toEqual(idsOf(await command('--id', id)));
      const vector = Array.from({ length: embedDim }, (_, i) => Math.cos(i));
      expect((await answer({ vector }, alone)).encoder).toBeNull();
    } finally {
      await alone.stop();
    }
  });

  it('says that the embedder is away, and answers what it knows', async () => {
    const leaving = await startEmbedder();
    const left = await start({ EMBEDDER_URL: leaving.url });
    try {
      const text = 'yellow moon';
      const before = await answer({ text }, left);
      await leaving.stop();
      const away = await post('search', { text: 'grey star', mode: 'vector' }, left);
      expect(away.status).toBe(503);
      expect(await away.text()).toMatch(/"encoder_unavailable".*does not answer/);
      const { matches } = before;
      expect(await answer({ text }, left)).toMatchObject({ encoder: 'cache', matches });
      const { mode, fallback } = await answer({ text: 'grey star' }, left);
      expect({ mode, code: fallback?.code }).toEqual({
        mode: 'keyword',
        code: 'encoder_unavailable',
      });
    } finally {
      await left.stop();
    }
  });
});
