import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll } from 'vitest';
import { loadModel, type LoadedModel } from '../../../gpu-embedder/embed/load-model.ts';
import { writeTinyModel } from '../../../gpu-embedder/learn/model/tiny-model.ts';
import {
  createService,
  type Service,
  type ServiceOptions,
} from '../../../gpu-embedder/embed/service/create-service.ts';
import { listen } from '../../../gpu-embedder/embed/service/http/listen.ts';

export interface RunningService {
  readonly url: string;
  readonly service: Service;
  /** Read the value of a series, e.g. `diptych_embedder_batch_rows_count{kind="text"}`; 0 if there is none. */
  metric(series: string): Promise<number>;
}

/** Make a tiny model for a test file, and services that use it; they are stopped at the end of the file. */
export function useTinyModel() {
  const dir = mkdtempSync(join(tmpdir(), 'diptych-service-'));
  const stops: (() => Promise<void>)[] = [];
  let model: LoadedModel;
  beforeAll(async () => {
    await writeTinyModel(dir);
    model = await loadModel(dir, { threads: 1 });
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await model.dispose();
    rmSync(dir, { recursive: true, force: true });
  });

  async function start(options: Partial<ServiceOptions> = {}): Promise<RunningService> {
    const service = createService({ model, version: '1.2.3', decodeThreads: 1, ...options });
    const { url, close } = await listen(service.app, '127.0.0.1', 0);
    stops.push(async () => {
      await close(0);
      await service.close();
    });
    const metric = async (series: string) => {
      const headers = options.token ? { authorization: `Bearer ${options.token}` } : undefined;
      const text = await (await fetch(`${url}/metrics`, { headers })).text();
      const line = text.split('\n').find((line) => line.startsWith(`${series} `));
      return Number(line?.slice(series.length) ?? 0);
    };
    return { url, service, metric };
  }
  return { dir, start, model: () => model };
}

/** Make a promise and the function that resolves it. */
export function deferred<T = void>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Make a model that holds texts back until `release` is called, except those that `passes` accepts. */
export function heldModel(model: LoadedModel, passes: (text: string) => boolean = () => false) {
  const began = deferred();
  const gate = deferred();
  const held: LoadedModel = {
    ...model,
    embedTexts: async (texts) => {
      if (!texts.every(passes)) {
        began.resolve();
        await gate.promise;
      }
      return model.embedTexts(texts);
    },
  };
  return { model: held, began: began.promise, release: gate.resolve };
}

/** Draw pictures of different sizes and colours. */
export const pictures = (count: number): Promise<Buffer[]> =>
  Promise.all(
    Array.from({ length: count }, (_, i) =>
      sharp({
        create: {
          width: 20 + (i % 7),
          height: 40 - (i % 5),
          channels: 3,
          background: { r: (i * 40) % 256, g: (i * 90) % 256, b: 255 - i },
        },
      })
        .png()
        .toBuffer(),
    ),
  );
